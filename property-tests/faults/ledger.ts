/** What a program was told of its sends, kept by someone who outlives it, and whether a log keeps to it. */
import assert from 'node:assert/strict'
import type {Log, Partition} from '../../index.ts'
import {readPayload} from '../door/payload.ts'

/** The offset of what is stored, though the leader that was asked again does not know where. */
const NOWHERE = -1

/** Everything one sender sent, in order, as far as that is known. */
interface Life {
  /** Offset of each sequence number that was acknowledged; `NOWHERE` where that was not told. */
  readonly acknowledged: Map<number, number>
}

export class Ledger {
  readonly #lives = new Map<string, Life>()
  /** Who stands at each offset, once it was read: that is how it stays. */
  readonly #seen = new Map<number, string>()
  #startAsked = 0
  #startAnswered = 0
  acknowledged = 0

  /**
   * Takes down one line of a program: `sent SENDER SEQUENCE COUNT OFFSET` for what was acknowledged, `deleting OFFSET` and
   * `deleted OFFSET` around a deletion.
   */
  note(line: string): void {
    const [word, ...rest] = line.split(' ')
    if (word === 'sent') this.#noteSent(rest[0]!, Number(rest[1]), Number(rest[2]), Number(rest[3]))
    else if (word === 'deleting') this.#startAsked = Math.max(this.#startAsked, Number(rest[0]))
    else if (word === 'deleted') this.#startAnswered = Math.max(this.#startAnswered, Number(rest[0]))
  }

  /** Reads all of `log`: each record is one that was sent, whole, once and in order, and all that was acknowledged is there. `gaps`: some were refused. */
  async check(log: Log | Partition, {gaps = false}: {gaps?: boolean} = {}): Promise<void> {
    const {logStartOffset, logEndOffset} = log
    assert.ok(logStartOffset <= this.#startAsked, `the log starts at ${logStartOffset}, asked was ${this.#startAsked}`)
    assert.ok(logStartOffset >= this.#startAnswered, 'what was deleted stays deleted')
    const last = new Map<string, number>()
    let offset = logStartOffset
    for await (const record of log.reader({from: 'earliest'})) {
      assert.equal(record.offset, offset, 'offsets have no gap')
      const text = record.text()
      const {sender, sequence} = readPayload(text)
      const before = last.get(sender)
      if (gaps) assert.ok(sequence > (before ?? -1), `order of ${sender} at offset ${offset}`)
      else if (before !== undefined) assert.equal(sequence, before + 1, `order of ${sender} at offset ${offset}`)
      else if (logStartOffset === 0) assert.equal(sequence, 0, `the first of ${sender}`)
      last.set(sender, sequence)
      const who = `${sender} ${sequence}`
      assert.equal(this.#seen.get(offset) ?? who, who, `offset ${offset} keeps its record`)
      this.#seen.set(offset, who)
      const told = this.#lives.get(sender)?.acknowledged.get(sequence)
      assert.ok(
        told === undefined || told === NOWHERE || told === offset,
        `${who} was acknowledged at ${told} and stands at ${offset}`,
      )
      offset++
    }
    assert.equal(offset, logEndOffset, 'a reader comes to the end')
    for (const [sender, {acknowledged}] of this.#lives) {
      const least = Math.max(
        -1,
        ...[...acknowledged].filter(([, at]) => at === NOWHERE || at >= logStartOffset).map(([sent]) => sent),
      )
      assert.ok((last.get(sender) ?? -1) >= least, `${sender} ${least} was acknowledged and is gone`)
    }
    for (const seen of this.#seen.keys()) assert.ok(seen < logEndOffset, `offset ${seen} was there and is gone`)
  }

  #noteSent(sender: string, first: number, count: number, offset: number): void {
    let life = this.#lives.get(sender)
    if (life === undefined) this.#lives.set(sender, (life = {acknowledged: new Map()}))
    for (let i = 0; i < count; i++) life.acknowledged.set(first + i, offset + i)
    this.acknowledged += count
  }
}
