/** Load on a partition of a cluster while things go wrong: senders with a ledger of what they were told, and what holds afterwards. */
import assert from 'node:assert/strict'
import {setTimeout} from 'node:timers/promises'
import type {Cluster, Partition, PartitionSendOptions} from '../../index.ts'
import {payload, readPayload} from '../door/payload.ts'
import {Ledger} from './ledger.ts'

/** How long after the last fault everything must work again. */
const HEALED_MS = 15_000

/** One sender on one partition, with as many sends under way as it likes. */
export class LoadedPartition {
  readonly partition: Partition
  readonly ledger = new Ledger()
  readonly outcomes = new Map<string, number>()
  readonly #options: PartitionSendOptions
  readonly #pending = new Set<Promise<void>>()
  readonly #name: string
  #sequence = 0
  #running = true
  readonly #ended: Promise<void>
  /** What a reader saw while things went wrong: it stays. */
  readonly #seen: string[] = []
  #lastAckMs = performance.now()
  longestPauseMs = 0

  constructor(partition: Partition, name: string, options: PartitionSendOptions) {
    this.partition = partition
    this.#name = name
    this.#options = options
    this.#ended = this.#run()
  }

  /** Sends no more, waits for what is under way, and checks that each promise made was kept. Sends may have been `refused` with these codes. */
  async check({refused = []}: {refused?: readonly string[]} = {}): Promise<void> {
    this.#running = false
    const ended = await Promise.race([this.#ended.then(() => true), setTimeout(HEALED_MS, false)])
    assert.ok(
      ended,
      `${this.#pending.size} sends of ${this.#name} did not end within ${HEALED_MS} ms: ${this.#state()}`,
    )
    const strange = [...this.outcomes.keys()].filter(outcome => !['done', ...refused].includes(outcome.split(' ')[0]!))
    assert.deepEqual(strange, [], `${this.#name}: ${this.#state()}`)
    assert.ok(this.outcomes.has('done'), `${this.#name}: ${this.#state()}`)
    const endMs = performance.now() + HEALED_MS
    while (this.partition.highWatermark < this.partition.logEndOffset) {
      assert.ok(performance.now() < endMs, `the high watermark does not move: ${this.#state()}`)
      await setTimeout(10)
    }
    await this.ledger.check(this.partition, {gaps: refused.length > 0})
    let at = 0
    this.partition.reader().poll(record => {
      if (at < this.#seen.length) assert.equal(record.text(), this.#seen[at], `what was read at ${at} is another`)
      at++
    })
    assert.ok(at >= this.#seen.length, 'what was read is there')
  }

  /** Reads on, as one who watches. */
  read(): void {
    const reader = this.partition.reader({from: this.#seen.length})
    reader.poll(record => {
      assert.equal(record.offset, this.#seen.length)
      readPayload(record.text())
      this.#seen.push(record.text())
    })
    reader.close()
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const sequence = this.#sequence++
      const send = this.partition
        .send(payload(this.#name, sequence, 48 + ((sequence * 97) % 900)), this.#options)
        .then(
          ({baseOffset}) => {
            const nowMs = performance.now()
            this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - this.#lastAckMs)
            this.#lastAckMs = nowMs
            this.ledger.note(`sent ${this.#name} ${sequence} 1 ${baseOffset}`)
            this.#count('done')
          },
          error => this.#count(`${error.code} ${error.message}`),
        )
        .finally(() => void this.#pending.delete(send))
      this.#pending.add(send)
      if (this.#pending.size > 20) await Promise.race(this.#pending)
      else await setTimeout(1)
    }
    await Promise.all(this.#pending)
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  #state(): string {
    const {topic, partition, leader, leaderEpoch, highWatermark, logEndOffset} = this.partition
    return JSON.stringify({
      topic,
      partition,
      leader,
      leaderEpoch,
      highWatermark,
      logEndOffset,
      ...Object.fromEntries(this.outcomes),
    })
  }
}

/** Waits until every replica of every partition is in sync again. */
export async function healed(cluster: Cluster, replicas: number): Promise<void> {
  const endMs = performance.now() + HEALED_MS
  for (;;) {
    const {partitions, brokers} = cluster.metrics()
    const ill = partitions.filter(({isr, leader}) => isr.length < replicas || leader < 0)
    if (ill.length === 0) return
    assert.ok(performance.now() < endMs, `not healed within ${HEALED_MS} ms: ${JSON.stringify({ill, brokers})}`)
    await setTimeout(10)
  }
}

/** Whether below the high watermark all replicas have the same bytes is for the files to say; here, that they have the same ends. */
export function total(loads: readonly LoadedPartition[]): number {
  return loads.reduce((sum, {ledger}) => sum + ledger.acknowledged, 0)
}
