import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorNumber, OdradekError} from '../engine/errors.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {AgentBed} from '../property-tests/simulation/agent-bed.ts'
import {systemError} from '../property-tests/simulation/memory-disk.ts'
import {buildBatch, DIR, oneRecord} from '../property-tests/simulation/partition.ts'

const RECORD = oneRecord(1)
/** Two records fill a segment. */
const SMALL_SEGMENTS = {segmentBytes: 2 * RECORD.length, retentionMs: 1000}
/** More batches than one run takes. */
const MANY = 40

test('batches of several senders are written in one run; each sender is answered and rung, and everybody who waits', () => {
  const bed = new AgentBed()
  const other = bed.attach()
  const idle = bed.attach()
  let writes = 0
  bed.disk.intercept = kind => {
    if (kind === 'write') writes++
    return undefined
  }
  const mine = [bed.opener.append(), bed.opener.append()]
  const theirs = [other.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5})), other.append()]
  bed.map.waiters.add(idle.thread)
  assert.is(bed.agent.doWork(), 4)
  assert.equal([bed.opener.answers(...mine), other.answers(...theirs), writes], [[0, 1], [2, 5], 1])
  assert.equal([bed.map.replica.writtenEnd, bed.map.replica.highWatermark, bed.map.replica.syncedEnd], [6, 6, 0])
  assert.equal([bed.opener.rings(), other.rings(), idle.rings()], [1, 1, 1])
  assert.is(bed.agent.doWork(), 0)
  assert.equal([bed.opener.rings(), other.rings(), idle.rings()], [0, 0, 0])
})

test('what is acknowledged is visible: the ends are published before the answer', () => {
  const bed = new AgentBed()
  let slot = -1
  const {publishHighWatermark} = bed.map.replica
  const early: boolean[] = []
  bed.map.replica.publishHighWatermark = offset => {
    early.push(bed.opener.isDone(slot))
    publishHighWatermark.call(bed.map.replica, offset)
  }
  slot = bed.opener.append()
  bed.settle()
  assert.equal([early, bed.opener.isDone(slot)], [[false], true])
})

test('a sender that never pauses holds up nobody: a run has its end, what is left is work', () => {
  const bed = new AgentBed()
  const other = bed.attach()
  const many = Array.from({length: MANY}, () => bed.opener.append())
  const one = other.append()
  assert.ok(bed.agent.doWork() > 0)
  const done = bed.opener.answers(...many).filter(answer => answer !== '-').length
  assert.ok(done > 0 && done < MANY, `${done} are answered after one round`)
  assert.ok(bed.settle() > 0)
  assert.equal([bed.opener.answers(many.at(-1)!), other.answers(one)], [[MANY - 1], [MANY]])
})

test('a full disk: every batch of the run is refused, and the log goes on where it was', () => {
  const bed = new AgentBed()
  const other = bed.attach()
  bed.opener.append()
  bed.settle()
  bed.disk.intercept = kind => {
    if (kind === 'write') throw systemError('ENOSPC', 'the segment')
    return undefined
  }
  const mine = [bed.opener.append(), bed.opener.append()]
  const theirs = other.append()
  bed.settle()
  assert.equal(bed.opener.answers(...mine), ['DISK_FULL', 'DISK_FULL'])
  assert.match(bed.map.failure.readNote(errorNumber('DISK_FULL'))!, 'ENOSPC: the segment')
  assert.equal(other.answers(theirs), ['DISK_FULL'])
  bed.disk.intercept = undefined
  assert.is(bed.map.replica.writtenEnd, 1)
  const next = bed.opener.append()
  bed.settle()
  assert.equal(bed.opener.answers(next), [1])
})

test('a roll that fails in the middle of a run: what was staged before it is stored and answered so', () => {
  const bed = new AgentBed({}, SMALL_SEGMENTS)
  bed.disk.intercept = (kind, path) => {
    if (kind === 'open' && path.includes('.snapshot')) throw systemError('ENOSPC', path)
    return undefined
  }
  const slots = [bed.opener.append(), bed.opener.append(), bed.opener.append()]
  bed.settle()
  assert.equal(bed.opener.answers(...slots), [0, 1, 'DISK_FULL'])
  assert.is(bed.map.replica.highWatermark, 2)
})

test('a run that is lost on the way takes no answer from what comes behind it and gets its offsets', () => {
  const bed = new AgentBed()
  let isFull = true
  bed.disk.intercept = kind => {
    if (kind !== 'write' || !isFull) return undefined
    isFull = false
    throw systemError('ENOSPC', 'the segment')
  }
  // the third does not fit the window of 4 KiB any more, so the first two are to be written before it is taken
  const slots = [1, 2, 3, 4].map(() => bed.opener.append(oneRecord(1, 1800)))
  bed.settle()
  assert.equal(bed.opener.answers(...slots), ['DISK_FULL', 'DISK_FULL', 'DISK_FULL', 0])
  assert.is(bed.map.replica.writtenEnd, 1)
})

test('a batch that is none is refused alone', () => {
  const bed = new AgentBed()
  const slots = [bed.opener.append(), bed.opener.append(new Uint8Array(70)), bed.opener.append()]
  bed.settle()
  assert.equal(bed.opener.answers(...slots), [0, 'INVALID_RECORD', 1])
})

test('flush is answered once all before it is written; sync has it synced', () => {
  const bed = new AgentBed()
  const flush = [bed.opener.append(), bed.opener.ask('flush')]
  bed.settle()
  assert.equal([bed.opener.answers(...flush), bed.flusher.started], [[0, 1], 0])
  const sync = bed.opener.ask('sync')
  bed.settle()
  assert.equal([bed.opener.answers(sync), bed.flusher.started, bed.map.replica.syncedEnd], [[1], 1, 0])
  bed.flusher.finish()
  bed.opener.rings()
  assert.is(bed.agent.doWork(), 1)
  assert.equal([bed.map.replica.syncedEnd, bed.opener.rings()], [1, 1])
})

test('a sync done here at once counts as work, one that is under way does not', () => {
  for (const inline of [true, false]) {
    const bed = new AgentBed({flushMs: 100})
    bed.flusher.inline = inline
    bed.opener.append()
    bed.settle()
    bed.nowMs = 200
    assert.is(bed.agent.doWork(), inline ? 1 : 0)
    assert.equal([bed.flusher.started, bed.map.replica.syncedEnd], [1, inline ? 1 : 0])
    assert.is(bed.agent.doWork(), 0)
  }
})

test('a flusher is told how much is unsynced: what was written since the last sync, and what the last owner left', () => {
  const bed = new AgentBed({}, {segmentBytes: 2 * RECORD.length})
  const sync = (): void => {
    bed.opener.ask('sync')
    bed.settle()
    bed.flusher.finish()
    bed.settle()
  }
  bed.opener.append()
  sync()
  bed.opener.append()
  // a segment that was rolled is synced without anybody asking, and what is in the next one stays
  bed.opener.append()
  bed.settle()
  bed.flusher.finish()
  bed.settle()
  bed.opener.append()
  sync()
  const size = RECORD.length
  assert.equal(bed.flusher.bytes, [size, 2 * size, 3 * size])
  bed.opener.append()
  bed.settle()
  bed.flusher.finish()
  bed.settle()
  bed.opener.append()
  bed.settle()
  bed.disk.endProcess()
  const next = new AgentBed({}, {}, bed.disk)
  next.opener.ask('sync')
  next.settle()
  assert.equal(next.flusher.bytes, [6 * size])
})

test('after a sync that failed the log takes nothing more, and says so before anybody is rung', () => {
  const bed = new AgentBed({durability: 'synced'})
  bed.flusher.inline = true
  bed.flusher.error = new Error('EIO')
  const first = bed.opener.append()
  bed.settle()
  assert.equal([bed.opener.answers(first), bed.map.replica.syncedEnd, bed.map.replica.state], [[0], 0, STATE.failed])
  assert.match(bed.map.failure.readNote(errorNumber('KAFKA_STORAGE_ERROR'))!, /^a sync failed.*EIO/)
  const next = bed.opener.append()
  bed.settle()
  assert.equal(bed.opener.answers(next), ['KAFKA_STORAGE_ERROR'])
})

test('a log that fails while it appends says so to all who wait for a sync', () => {
  const bed = new AgentBed()
  const attached = bed.attach()
  const first = bed.opener.append()
  bed.settle()
  bed.opener.rings()
  attached.rings()
  bed.disk.intercept = (kind, path) => {
    if (path.endsWith('.log') && (kind === 'write' || kind === 'sync')) throw systemError('EIO', path)
    return undefined
  }
  const second = bed.opener.append()
  bed.settle()
  assert.equal(bed.opener.answers(first, second), [0, 'KAFKA_STORAGE_ERROR'])
  assert.is(bed.map.replica.state, STATE.failed)
  assert.ok(attached.rings() > 0)
})

test('a sync of a dir that is gone counts as failed', () => {
  const bed = new AgentBed({durability: 'synced'})
  bed.flusher.inline = true
  bed.opener.append()
  bed.settle()
  assert.is(bed.map.replica.syncedEnd, 1)
  bed.dirProblem = new OdradekError('KAFKA_STORAGE_ERROR', 'the dir was removed')
  bed.opener.append()
  bed.settle()
  assert.equal([bed.map.replica.syncedEnd, bed.map.replica.state], [1, STATE.failed])
  assert.match(bed.replica.log.failure!.message, 'the dir was removed')
})

test('the close is answered before the end is published, and then everybody is woken', () => {
  for (const error of [undefined, new OdradekError('DISK_FULL')]) {
    const bed = new AgentBed()
    const other = bed.attach()
    const claimed = bed.map.threads.claim(1)
    bed.opener.append()
    const close = bed.opener.ask('close')
    bed.settle()
    assert.ok(bed.agent.readyToClose)
    assert.not(bed.opener.isDone(close))
    const {publishState} = bed.map.replica
    let answeredFirst: boolean | undefined
    let noted: string | undefined
    bed.map.replica.publishState = state => {
      answeredFirst = bed.opener.isDone(close)
      noted = bed.map.failure.readNote(errorNumber('DISK_FULL'))
      publishState.call(bed.map.replica, state)
    }
    for (const hand of [bed.opener, other]) hand.rings()
    bed.agent.closed(error)
    assert.equal([answeredFirst, bed.map.replica.state], [true, STATE.closed])
    assert.equal([bed.opener.answers(close), noted], [[error?.code ?? 1], error && 'no space is left on the disk'])
    for (const hand of [bed.opener, other]) assert.ok(hand.rings() > 0)
    assert.is(bed.map.threads.doorbell(claimed).count(), 1, 'a thread that attaches just now is woken, too')
  }
})

test('a close waits for what other inboxes had left over', () => {
  const bed = new AgentBed()
  const other = bed.attach()
  const close = bed.opener.ask('close')
  const slots = Array.from({length: MANY}, () => other.append())
  assert.ok(bed.agent.doWork() > 0)
  assert.not(bed.agent.readyToClose)
  assert.equal(other.answers(slots.at(-1)!), ['-'])
  bed.settle()
  assert.ok(bed.agent.readyToClose)
  assert.equal(other.answers(slots.at(-1)!), [MANY - 1])
  assert.equal(bed.opener.answers(close), ['-'])
})

test('a close waits for a sync that is under way', () => {
  const bed = new AgentBed({durability: 'synced'})
  bed.opener.append()
  bed.opener.ask('close')
  bed.settle()
  assert.not(bed.agent.readyToClose)
  bed.flusher.finish()
  bed.settle()
  assert.ok(bed.agent.readyToClose)
})

test('retention publishes the new start before the first file goes, and has it kept', () => {
  const bed = new AgentBed({durability: 'synced'}, SMALL_SEGMENTS)
  bed.flusher.inline = true
  for (let i = 0; i < 5; i++) bed.opener.append()
  bed.settle()
  const starts: number[] = []
  bed.disk.intercept = kind => {
    if (kind === 'remove') starts.push(bed.map.replica.logStartOffset)
    return undefined
  }
  bed.nowMs = 10_000
  bed.wallMs = 500
  bed.settle()
  assert.equal([starts, bed.map.replica.logStartOffset], [[], 0], 'nothing is old enough')
  bed.nowMs = 20_000
  bed.wallMs = 5000
  bed.settle()
  // the segment that was written is ended for it, and goes once it is synced
  assert.equal([...new Set(starts)], [4, 5])
  assert.equal([bed.map.replica.logStartOffset, bed.checkpoints], [5, [4, 5]])
  assert.equal(
    bed.disk.list(DIR)!.filter(entry => entry.name.endsWith('.log')).length,
    bed.map.replica.counters().segments,
  )
})

test('retention survives a disk that refuses, and tries again at its next look', () => {
  const bed = new AgentBed({durability: 'synced'}, SMALL_SEGMENTS)
  bed.flusher.inline = true
  for (let i = 0; i < 5; i++) bed.opener.append()
  bed.settle()
  const segments = bed.replica.log.segmentCount
  bed.disk.intercept = kind => {
    if (kind === 'remove') throw systemError('EACCES', 'a segment')
    return undefined
  }
  bed.wallMs = 5000
  bed.nowMs = 10_000
  bed.settle()
  assert.ok(bed.replica.log.segmentCount >= segments)
  const next = bed.opener.append()
  bed.settle()
  assert.equal(bed.opener.answers(next), [5])
  bed.disk.intercept = undefined
  bed.nowMs = 20_000
  bed.settle()
  assert.ok(bed.replica.log.segmentCount < segments)
})

test('records are deleted on request, kept on record, and the answer is the new start', () => {
  const bed = new AgentBed()
  bed.opener.append()
  bed.opener.append()
  const slots = [1, -1, 3].map(offset => bed.opener.ask('deleteRecords', offset))
  bed.settle()
  assert.equal(bed.opener.answers(...slots), [1, 2, 'OFFSET_OUT_OF_RANGE'])
  assert.equal([bed.map.replica.logStartOffset, bed.checkpoints], [2, [1, 2]])
})

test('the control bit has the channel looked at', () => {
  const bed = new AgentBed()
  let looks = 0
  bed.control = () => {
    looks++
    bed.attach()
  }
  bed.settle()
  assert.equal([looks, bed.map.threads.taken], [0, 1])
  bed.map.doorbell.ring(RING.control)
  bed.settle()
  assert.equal([looks, bed.map.threads.taken], [1, 2])
})

test.run()
