import type {Partition, PartitionSendResult} from '../../index.ts'
import {expectSame, WrongResult} from '../harness/check.ts'

const EVERY_MS = 1
/** A fault that stops writes for longer is no pause but a standstill. */
const PAUSE_MS_MAX = 20_000

/** Sends record `i` after record `i - 1`, every millisecond, whatever happens to the cluster meanwhile; and knows what was acknowledged. */
export class SteadySender {
  readonly #partition: Partition
  readonly #timer: NodeJS.Timeout
  readonly #acks: Promise<PartitionSendResult>[] = []
  #epoch = 0
  #acked: (() => void) | undefined

  constructor(partition: Partition) {
    this.#partition = partition
    this.#timer = setInterval(() => this.#send(), EVERY_MS)
  }

  /** Ms until something is acknowledged by a leader that came after this one. */
  ackedAfter(epoch: number): Promise<number> {
    const startMs = performance.now()
    this.#epoch = epoch
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new WrongResult('nothing is acknowledged any more')), PAUSE_MS_MAX)
      this.#acked = () => {
        this.#acked = undefined
        clearTimeout(late)
        resolve(performance.now() - startMs)
      }
    })
  }

  /** Ends the sending, and throws unless every record is there, once, in order, where its acknowledgement said. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    const offsets = (await Promise.all(this.#acks)).map(({baseOffset}) => baseOffset)
    let i = 0
    const reader = this.#partition.reader()
    reader.poll(record => {
      expectSame(`record at offset ${record.offset}`, Number(record.text()), i)
      expectSame(`offset of record ${i}`, record.offset, offsets[i++] ?? -1)
    })
    reader.close()
    expectSame('records', i, offsets.length)
  }

  #send(): void {
    const ack = this.#partition.send(String(this.#acks.length))
    this.#acks.push(ack)
    ack.then(
      () => {
        if (this.#partition.leaderEpoch > this.#epoch) this.#acked?.()
      },
      // told by `stop`
      () => {},
    )
  }
}
