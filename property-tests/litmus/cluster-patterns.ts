/**
 * What two threads do on words of the cluster map, through the flyweights that brokers, hosts, coordinators and applications use. A cell
 * is a whole struct, all zeros at first.
 */
import type {Leadership} from '../../engine/cluster/leadership.ts'
import {LEASE_BYTES, Lease} from '../../engine/cluster/lease.ts'
import {PARTITION_ROW_BYTES, PartitionRow} from '../../engine/cluster/partition-row.ts'
import {REPLICA_LINE_BYTES, ReplicaLine} from '../../engine/cluster/replica-line.ts'
import {ROW_MARKS_BYTES, RowMarks} from '../../engine/cluster/row-marks.ts'
import {THREAD, THREAD_LINE_BYTES, ThreadLine} from '../../engine/cluster/thread-line.ts'
import type {Litmus} from './litmus-patterns.ts'

/** What a thread does on the struct of a cell; returns what it saw, as one digit. */
type Act<Struct> = (struct: Struct) => number

/** Structs of one kind side by side, each with room of its own. */
function on<Struct>(
  bytes: number,
  make: (memory: SharedArrayBuffer, byteOffset: number) => Struct,
  [left, right]: readonly [Act<Struct>, Act<Struct>],
): Litmus {
  const cellBytes = Math.ceil(bytes / 128) * 128
  return {
    cellBytes,
    part(role, memory, byteOffset, cells) {
      const structs = Array.from({length: cells}, (_, cell) => make(memory, byteOffset + cell * cellBytes))
      const act = role === 0 ? left : right
      return cell => act(structs[cell]!)
    },
  }
}

const row = (...acts: readonly [Act<PartitionRow>, Act<PartitionRow>]): Litmus =>
  on(PARTITION_ROW_BYTES, (memory, at) => new PartitionRow(memory, at), acts)
const line = (...acts: readonly [Act<ReplicaLine>, Act<ReplicaLine>]): Litmus =>
  on(REPLICA_LINE_BYTES, (memory, at) => new ReplicaLine(memory, at), acts)
const thread = (...acts: readonly [Act<ThreadLine>, Act<ThreadLine>]): Litmus =>
  on(THREAD_LINE_BYTES, (memory, at) => new ThreadLine(memory, at), acts)
const marks = (...acts: readonly [Act<RowMarks>, Act<RowMarks>]): Litmus =>
  on(ROW_MARKS_BYTES, (memory, at) => new RowMarks(memory, at), acts)
const lease = (...acts: readonly [Act<Lease>, Act<Lease>]): Litmus =>
  on(LEASE_BYTES, (memory, at) => new Lease(memory, at), acts)

function leads(leader: number, leaderEpoch: number, isr: number): Leadership {
  return {leaderEpoch, version: leaderEpoch, leader, isr, deleted: false}
}

const FIRST = leads(0, 1, 0b011)
const SECOND = leads(6, 2 ** 30, 0b1110000)

/** 0 before the first, 1 and 2 for those two, 9 for anything between. */
function whose({leader, leaderEpoch, isr}: Leadership): number {
  if (leader < 0) return leaderEpoch === 0 && isr === 0 ? 0 : 9
  return (
    [FIRST, SECOND].findIndex(one => one.leader === leader && one.leaderEpoch === leaderEpoch && one.isr === isr) + 1 ||
    9
  )
}

const won = (isMine: boolean): number => (isMine ? 1 : 0)

/** Ends of epoch 3 and, after a cut, of epoch 4. */
const ENDS = {before: 7, after: 2}

/** Takes the marks, and tells how many there were. */
function takeMarks(of: RowMarks): number {
  let taken = 0
  of.take(() => taken++)
  return taken
}

export const CLUSTER_LITMUS: Readonly<Record<string, Litmus>> = {
  'leadership: two exchanges': row(
    one => won(one.exchangeLeadership(0n, FIRST)),
    one => won(one.exchangeLeadership(0n, SECOND)),
  ),
  'leadership: seen whole': row(
    one => {
      one.exchangeLeadership(0n, FIRST)
      return won(one.exchangeLeadership(one.word, SECOND))
    },
    one => Math.max(whose(one.leadership), whose(one.leadership)),
  ),
  // the new leader shows its line, then its epoch
  'leadership: served': row(
    one => {
      one.exchangeLeadership(0n, SECOND)
      one.replica(SECOND.leader).publishWrittenEnd(ENDS.before)
      one.replica(SECOND.leader).publishFollowedEpoch(SECOND.leaderEpoch)
      return 0
    },
    one => (one.isServed ? (one.replica(SECOND.leader).writtenEnd === ENDS.before ? 1 : 2) : 0),
  ),
  // an application's thread is about to sleep, the leader publishes
  'row: waiter and publisher': row(
    one => {
      one.waiters.add(40)
      return won(one.replica(0).writtenEnd > 0)
    },
    one => {
      one.replica(0).publishWrittenEnd(ENDS.before)
      return won(one.waiters.take(1) !== 0)
    },
  ),
  'replica line: ends before the epoch': line(
    one => {
      one.publishWrittenEnd(ENDS.before)
      one.publishSyncedEnd(ENDS.after)
      one.publishFollowedEpoch(3)
      return 0
    },
    one => (one.followedEpoch !== 3 ? 0 : one.writtenEnd === ENDS.before && one.syncedEnd === ENDS.after ? 1 : 2),
  ),
  // whoever counts an end reads the epoch before and after it
  'replica line: an end of its epoch': line(
    one => {
      one.publishWrittenEnd(ENDS.before)
      one.publishFollowedEpoch(3)
      one.leaveEpoch()
      one.resetEnds({writtenEnd: ENDS.after, highWatermark: 0, syncedEnd: 0, logStartOffset: 0})
      one.publishFollowedEpoch(4)
      return 0
    },
    one => {
      const epoch = one.followedEpoch
      const end = one.writtenEnd
      if (one.followedEpoch !== epoch || epoch < 3) return 0
      return end === (epoch === 3 ? ENDS.before : ENDS.after) ? 1 : 2
    },
  ),
  'replica line: ends in their order': line(
    one => {
      one.publishWrittenEnd(ENDS.before)
      one.publishHighWatermark(ENDS.before)
      return 0
    },
    one => (one.highWatermark === 0 ? 0 : one.writtenEnd === ENDS.before ? 1 : 2),
  ),
  'thread line: started anew': thread(
    one => {
      one.publishState(THREAD.running)
      one.startAnew(5)
      return 0
    },
    one => (one.incarnation === 0 ? 0 : one.state === THREAD.absent && one.beatMs === 5 ? 1 : 2),
  ),
  // an end is not told of an incarnation that runs
  'thread line: whose end': thread(
    one => {
      one.startAnew(1)
      one.publishEnded(1)
      one.startAnew(1)
      return 0
    },
    one => {
      const {incarnation} = one
      return incarnation === 2 ? (one.hasEnded ? 2 : 1) : 0
    },
  ),
  'lease: two takers': lease(
    one => won(one.take({holder: 0, epoch: 0}, 1, 7) > 0),
    one => won(one.take({holder: 0, epoch: 0}, 2) > 0),
  ),
  'lease: released and taken': lease(
    one => {
      const epoch = one.take({holder: 0, epoch: 0}, 1)
      one.release({holder: 1, epoch})
      return one.read().holder === 1 ? 9 : 0
    },
    one => {
      const seen = one.read()
      const epoch = one.take(seen, 2)
      // what was given up is in the same epoch: it is taken with a later one, and only by who saw it so
      return epoch === 0 ? 0 : epoch === seen.epoch + 1 && one.read().holder === 2 ? 1 : 2
    },
  ),
  // each of two marks is taken by one of two takers, once
  'row marks: none is lost': marks(
    one => {
      one.mark(1)
      return takeMarks(one)
    },
    one => {
      one.mark(2)
      return takeMarks(one)
    },
  ),
  'row marks: what is marked is there': thread(
    one => {
      one.publishApplied(ENDS.before)
      one.marks.mark(1000)
      return 0
    },
    one => (takeMarks(one.marks) === 0 ? 0 : one.applied === ENDS.before ? 1 : 2),
  ),
}
