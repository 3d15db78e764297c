import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, oneRecord, readAll, stored} from '../../property-tests/simulation/partition.ts'
import {removeCleaned} from './cleaned-files.ts'
import {ENDING, SUFFIX, segmentFile} from './segment-files.ts'
import {finishSwap, swapSegments} from './swap-segments.ts'

const at = (base: number) => stored(oneRecord(1000), base)
const logFile = (base: number) => segmentFile(DIR, base, SUFFIX.log)
const namesOf = (disk: MemoryDisk) => [...disk.contents().keys()].map(path => path.slice(DIR.length + 1))

/** A disk on which 0 and 2 were compacted into 0, and the swap has come to its second step. */
function inTheMiddle(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  disk.put(logFile(0), Buffer.concat([at(0), at(1)]))
  disk.put(logFile(2), Buffer.concat([at(2), at(3)]))
  disk.put(logFile(4), at(4))
  disk.put(logFile(0) + ENDING.swap, Buffer.concat([at(0), at(3)]))
  for (const suffix of [SUFFIX.index, SUFFIX.timeIndex])
    disk.put(segmentFile(DIR, 0, suffix) + ENDING.swap, new Uint8Array())
  return disk
}

const CONFIG = {config: {cleanupPolicy: 'compact'}} as const
const offsets = (disk: MemoryDisk) =>
  readAll(loadPartition(disk, CONFIG).filesOnly, 0, 5).map(batch => batch.baseOffset)

test('a log that is complete takes the place of every segment within its offsets, and of no other', () => {
  const disk = inTheMiddle()
  finishSwap(disk, DIR)
  assert.equal(namesOf(disk), [
    '00000000000000000000.index',
    '00000000000000000000.log',
    '00000000000000000000.timeindex',
    '00000000000000000004.log',
  ])
  assert.equal(offsets(disk), [0, 3, 4])
})

test('from the first that is still in the making on nothing counts', () => {
  const disk = inTheMiddle()
  disk.put(segmentFile(DIR, 0, SUFFIX.timeIndex) + ENDING.cleaned, new Uint8Array())
  finishSwap(disk, DIR)
  assert.equal(
    namesOf(disk),
    [0, 2, 4].map(base => `0000000000000000000${base}.log`),
  )
  assert.equal(offsets(disk), [0, 1, 2, 3, 4])
})

test('files of others that end as ours do change nothing and stay', () => {
  for (const ending of Object.values(ENDING)) {
    const disk = inTheMiddle()
    const path = `${DIR}/notes${ending}`
    disk.put(path, new Uint8Array(3))
    finishSwap(disk, DIR)
    removeCleaned(disk, DIR)
    assert.equal(offsets(disk), [0, 3, 4], ending)
    assert.is(disk.stat(path)?.size, 3, ending)
  }
})

test('indexes whose log is gone are of no harm', () => {
  const disk = inTheMiddle()
  for (const path of [logFile(0) + ENDING.swap, logFile(0), logFile(2)]) disk.remove(path)
  const {log, filesOnly} = loadPartition(disk, {...CONFIG, request: {logStartOffset: 4}})
  assert.equal(
    readAll(filesOnly, 4, log.logEndOffset).map(batch => batch.baseOffset),
    [4],
  )
  assert.equal(
    namesOf(disk).filter(name => name.endsWith(ENDING.swap)),
    [],
  )
})

test('what an earlier job left with other names does not undo a swap that is cut off', () => {
  const put = (disk: MemoryDisk, path: string, ...batches: number[]) => disk.put(path, Buffer.concat(batches.map(at)))
  const groups = [0, 4].map(base => ({
    bases: [base, base + 2],
    ...{size: 0, indexBytes: 0, timeIndexBytes: 0, largestTimestamp: 1000},
  }))
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk()
    disk.makeDirectory(DIR)
    for (const base of [0, 2, 4, 6]) put(disk, logFile(base), base, base + 1)
    put(disk, logFile(8), 8)
    for (const base of [0, 4]) put(disk, logFile(base) + ENDING.cleaned, base, base + 3)
    for (const base of [0, 4])
      for (const suffix of [SUFFIX.index, SUFFIX.timeIndex])
        disk.put(segmentFile(DIR, base, suffix) + ENDING.cleaned, new Uint8Array())
    // then other segments were to begin there
    for (const base of [2, 6]) disk.put(logFile(base) + ENDING.cleaned, new Uint8Array())
    let left = calls
    disk.intercept = () => {
      if (--left < 0) throw new Error('the process ends')
      return undefined
    }
    let isDone = true
    try {
      swapSegments(disk, DIR, groups)
    } catch {
      isDone = false
    }
    disk.intercept = undefined
    const isMade = (base: number) =>
      !namesOf(disk).some(name => name.startsWith(`${base}`.padStart(20, '0')) && name.endsWith(ENDING.cleaned))
    const made = isMade(0) ? (isMade(4) ? 2 : 1) : 0
    finishSwap(disk, DIR)
    const expected = [
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
      [0, 3, 4, 5, 6, 7, 8],
      [0, 3, 4, 7, 8],
    ][made]
    assert.equal(
      readAll(loadPartition(disk, CONFIG).filesOnly, 0, 9).map(batch => batch.baseOffset),
      expected,
      `${calls} calls`,
    )
    if (isDone) return
  }
})

test('in a directory that is gone there is nothing to end', () => {
  const disk = new MemoryDisk()
  finishSwap(disk, DIR)
  removeCleaned(disk, DIR)
  assert.equal(namesOf(disk), [])
})

test.run()
