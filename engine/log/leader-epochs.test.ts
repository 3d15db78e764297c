import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {type EpochStart, readEpochs, writeEpochs} from './leader-epoch-checkpoint.ts'
import {endOffsetFor, LeaderEpochs} from './leader-epochs.ts'

const DIR = '/topic-0'

function epochsOf(starts: readonly EpochStart[]): {disk: MemoryDisk; epochs: LeaderEpochs} {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  writeEpochs(disk, DIR, starts)
  return {disk, epochs: new LeaderEpochs(disk, DIR, starts)}
}

const start = (epoch: number, startOffset: number): EpochStart => ({epoch, startOffset})
const THREE = [start(1, 10), start(4, 25), start(6, 40)]

test('an epoch ends where the next one begins, the newest with the log; of an unknown one the epoch before it is told', () => {
  const answers: readonly (readonly [asked: number, epoch: number, endOffset: number])[] = [
    [0, 0, 10],
    [1, 1, 25],
    [3, 1, 25],
    [4, 4, 40],
    [5, 4, 40],
    [6, 6, 90],
  ]
  const {epochs} = epochsOf(THREE)
  for (const [asked, epoch, endOffset] of answers)
    assert.equal(epochs.endOffsetFor(asked, 90), {epoch, endOffset}, `epoch ${asked}`)
  assert.equal(
    [-1, 7].map(asked => epochs.endOffsetFor(asked, 90)),
    [undefined, undefined],
  )
  assert.equal(
    [0, 7].map(asked => endOffsetFor([], asked, 90)),
    [undefined, undefined],
  )
})

test('an epoch is on disk when `assign` returns, one that is known stays', () => {
  const {disk, epochs} = epochsOf([])
  assert.is(epochs.latest, -1)
  epochs.assign(3, 10)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.equal(readEpochs(disk, DIR), [start(3, 10)])
  epochs.assign(3, 20)
  assert.equal([epochs.latest, epochs.starts], [3, [start(3, 10)]])
  assert.throws(() => epochs.assign(2, 30), /only rise/)
})

test('an epoch without a batch is forgotten when the next one begins', () => {
  const {epochs} = epochsOf([start(0, 0), start(1, 10)])
  epochs.assign(2, 10)
  assert.equal(epochs.starts, [start(0, 0), start(2, 10)])
})

test('what cannot be recorded is not so', () => {
  const {disk, epochs} = epochsOf([start(0, 0)])
  disk.intercept = kind => {
    if (kind === 'rename') throw Object.assign(new Error('full'), {code: 'ENOSPC'})
    return undefined
  }
  assert.throws(() => epochs.assign(1, 10), /^DISK_FULL: recording the leader epochs/)
  disk.intercept = undefined
  assert.equal([epochs.latest, readEpochs(disk, DIR)], [0, [start(0, 0)]])
})

test('a cut forgets the epochs that begin at or above it, and writes nothing where there are none', () => {
  const {disk, epochs} = epochsOf(THREE)
  let writes = 0
  disk.intercept = kind => {
    if (kind === 'rename') writes++
    return undefined
  }
  epochs.cutFrom(41)
  assert.is(writes, 0)
  epochs.cutFrom(40)
  assert.equal(epochs.starts, THREE.slice(0, 2))
  epochs.cutFrom(11)
  assert.equal(readEpochs(disk, DIR), THREE.slice(0, 1))
  epochs.cutFrom(0)
  assert.equal([readEpochs(disk, DIR), writes], [[], 3])
})

test('old segments take with them the epochs that ended below', () => {
  const {disk, epochs} = epochsOf(THREE)
  for (const [offset, kept] of [
    [25, 3],
    [26, 2],
    [40, 2],
    [41, 1],
    [9999, 1],
  ] as const) {
    epochs.cutBelow(offset)
    assert.equal(epochs.starts, THREE.slice(-kept), `cut below ${offset}`)
    assert.equal(readEpochs(disk, DIR), epochs.starts)
  }
})

/** The epoch of every record, and of a reign that has none yet. */
class NaiveEpochs {
  records: number[] = []
  reign: number | undefined
  /** Epochs below are forgotten. */
  forgotten = 0

  get known(): number[] {
    const all = this.reign === undefined ? this.records : [...this.records, this.reign]
    return [...new Set(all)].filter(epoch => epoch >= this.forgotten)
  }

  startOf(epoch: number): number {
    const first = this.records.indexOf(epoch)
    return first < 0 ? this.records.length : first
  }

  endOffsetFor(epoch: number): {epoch: number; endOffset: number} | undefined {
    const {known} = this
    if (epoch === Math.max(-1, ...known)) return {epoch, endOffset: this.records.length}
    const higher = known.filter(other => other > epoch)
    if (higher.length === 0) return undefined
    const lower = known.filter(other => other <= epoch)
    const endOffset = this.startOf(Math.min(...higher))
    return {epoch: lower.length === 0 ? epoch : Math.max(...lower), endOffset}
  }

  append(count: number): void {
    const epoch = this.reign ?? this.records.at(-1)
    if (epoch === undefined) return
    this.records.push(...Array<number>(count).fill(epoch))
    if (count > 0) this.reign = undefined
  }

  cut(offset: number): void {
    this.reign = undefined
    this.records.length = Math.min(this.records.length, offset)
  }

  cutBelow(offset: number): void {
    const {known} = this
    const ended = known.filter((_, i) => i + 1 < known.length && this.startOf(known[i + 1]!) < offset)
    this.forgotten = Math.max(this.forgotten, ...ended.map(epoch => epoch + 1))
  }
}

test('the epochs are those of the records, whatever happens', () => {
  const step = fc.oneof(
    fc.record({kind: fc.constant('assign'), by: fc.nat(2)}),
    fc.record({kind: fc.constantFrom('append', 'append', 'cut', 'cutBelow', 'reload'), by: fc.nat(6)}),
  )
  fc.assert(
    fc.property(fc.array(step, {maxLength: 40}), steps => {
      const {disk, epochs: first} = epochsOf([])
      const naive = new NaiveEpochs()
      let epochs = first
      for (const {kind, by} of steps) {
        const end = naive.records.length
        if (kind === 'assign') {
          const epoch = epochs.latest + by
          if (epoch < 0) continue
          epochs.assign(epoch, end)
          if (by > 0) naive.reign = epoch
        } else if (kind === 'append') naive.append(by)
        else if (kind === 'cut') {
          naive.cut(Math.max(0, end - by))
          epochs.cutFrom(naive.records.length)
        } else if (kind === 'cutBelow') {
          naive.cutBelow(end - by)
          epochs.cutBelow(end - by)
        } else epochs = new LeaderEpochs(disk, DIR, readEpochs(disk, DIR))
        const {length} = naive.records
        assert.equal(
          epochs.starts,
          naive.known.map(epoch => start(epoch, naive.startOf(epoch))),
        )
        assert.equal(readEpochs(disk, DIR), epochs.starts)
        const newest = naive.records.at(-1) ?? -1
        // a log is not cut below its start: an epoch that was forgotten has no record any more
        if (newest >= naive.forgotten && naive.reign === undefined) assert.is(epochs.at(length - 1), newest)
        for (let epoch = 0; epoch < epochs.latest + 2; epoch++)
          assert.equal(endOffsetFor(readEpochs(disk, DIR), epoch, length), naive.endOffsetFor(epoch), `epoch ${epoch}`)
      }
    }),
    runs(300),
  )
})

test.run()
