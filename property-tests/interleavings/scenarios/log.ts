import type {Link} from '../../../client/link.ts'
import {Parking} from '../../../client/parking.ts'
import {Sender} from '../../../client/sender.ts'
import {crc32c} from '../../../engine/bytes/crc32c.ts'
import {LOG_MAP_BYTES, LogMap} from '../../../engine/cluster/log-map.ts'
import {STATE} from '../../../engine/cluster/replica-line.ts'
import {OdradekError} from '../../../engine/errors.ts'
import {ArenaReader, ArenaWriter, allocateArena} from '../../../engine/memory/arena.ts'
import {Doorbell, RING} from '../../../engine/memory/doorbell.ts'
import {allocateFlushOrder, FlushOrder} from '../../../engine/memory/flush-order.ts'
import {allocateInbox, InboxSender, type Reply} from '../../../engine/memory/inbox.ts'
import {Attachments} from '../../../workers/attachments.ts'
import {ReplicaAgent} from '../../../workers/replica-agent.ts'
import {atOnce, runTask, untilDead} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'
import {asReplica, endsAreOrdered, type Stored, StubFlusher, StubReplica} from './stub-replica.ts'

interface World {
  readonly map: SharedArrayBuffer
  readonly arena: SharedArrayBuffer
  readonly inbox: SharedArrayBuffer
  readonly order: SharedArrayBuffer
  readonly stored: Stored
  /** What became of each batch: its offset, or -1 where it failed. */
  readonly outcomes: (number | undefined)[]
  /** Offset up to which the reader has read. */
  read: number
  failed: boolean
}

const BATCHES = 2
const WINDOW = {windows: 2, windowBytes: 256, indexEntries: 2}
const OPENER_ID = 70
const READER_ID = 71

/** The threads of a log, with everything that is theirs but the disk: an opener that appends, a reader, and those behind them. */
function world(): World {
  const map = new SharedArrayBuffer(LOG_MAP_BYTES)
  const {threads} = new LogMap(map)
  must(threads.claim(OPENER_ID) === 0 && threads.claim(READER_ID) === 1, 'places are taken from the first on')
  const inbox = allocateInbox(2)
  const memory = {map, inbox, arena: allocateArena(WINDOW), order: allocateFlushOrder()}
  return {...memory, stored: [], outcomes: [], read: 0, failed: false}
}

function replica({map: memory, inbox, arena, order, stored}: World): void {
  const map = new LogMap(memory)
  const attachments = new Attachments(map, {memory: inbox, slots: 2})
  const clock = {monotonicMs: () => 1, wallMs: () => 1}
  const replica = asReplica(new StubReplica(new ArenaWriter(arena), stored))
  const flusher = new StubFlusher(order)
  const agent = new ReplicaAgent(replica, {
    map,
    attachments,
    clock,
    flusher,
    control: () => {},
    checkpointLogStart: () => {},
    clean() {},
    checkpointCleaned() {},
    dirProblem: () => undefined,
  })
  atOnce(() => {
    attachments.attach(1, 'reader')
    map.replica.publishState(STATE.running)
  })
  for (;;) {
    const seen = map.doorbell.count()
    if (agent.doWork() === 0) map.doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

function flusher({map: memory, order: orderMemory}: World): void {
  const order = new FlushOrder(orderMemory)
  const map = new LogMap(memory)
  const replica = new Doorbell(map.doorbell.memory, map.doorbell.byteOffset)
  order.publishUp()
  for (;;) {
    const seen = order.doorbell.count()
    if (order.isOpen()) {
      order.files()
      order.answer(0)
      replica.ring(RING.flusher)
    } else order.doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

function linkOf(memory: SharedArrayBuffer, thread: number): Link {
  const map = new LogMap(memory)
  const parking = new Parking(map.threads.doorbell(thread), {ref() {}, unref() {}, close() {}})
  return {map, thread, parking, dir: '', deathCause: () => undefined}
}

/** Appends batches, and waits until each is answered. */
function opener(world: World): void {
  const {outcomes} = world
  const link = linkOf(world.map, 0)
  const options = {maxBatchBytes: 4096, bufferMemory: 4096, crc32c, holdsUntilSynced: true}
  const sender = new Sender(link, new InboxSender(world.inbox), options, () => {
    world.failed = true
  })
  let answered = 0
  for (let number = 0; number < BATCHES; number++) {
    sender.add(null, Buffer.alloc(8, number + 1), 1, [])
    sender.whenSettled((outcome: Reply | OdradekError) => {
      answered++
      outcomes[number] = outcome instanceof OdradekError ? -1 : outcome.baseOffset
    })
    sender.closeBatch()
  }
  while (answered < BATCHES) runTask()
  // the last answer is that it is synced: until then the sender holds the process up
  if (!world.failed) while (link.map.replica.syncedEnd < BATCHES && !link.map.replicaDied) runTask()
}

/** Reads as the client's reader does: waits by the row's mask, then copies from the arena. */
function reader(world: World): void {
  const link = linkOf(world.map, 1)
  const {map, parking} = link
  const arena = new ArenaReader(world.arena)
  const look = (): void => map.waiters.add(1)
  parking.add(look)
  map.waiters.add(1)
  parking.hold()
  while (world.read < BATCHES && !map.replicaDied) {
    must(endsAreOrdered(map.replica), 'what is synced is visible, and what is visible is written')
    const end = map.replica.highWatermark
    if (world.read >= end) {
      runTask()
      continue
    }
    for (; world.read < end; world.read++) {
      const expected = world.stored[world.read]
      must(expected !== undefined, 'what is visible is stored')
      const target = Buffer.alloc(expected.length)
      const length = arena.read(world.read, target)
      must(length === target.length && target.equals(expected), 'what is visible is read whole from the arena')
    }
  }
}

/** Hears the end of the replica thread, as the thread that opened the log does. */
function undertaker({map: memory}: World): void {
  const map = new LogMap(memory)
  untilDead('replica')
  map.publishReplicaDied()
  for (let thread = 0; thread < 2; thread++) if (map.threads.isTaken(thread)) map.threads.doorbell(thread).ring(0)
}

/** A whole log: sender, replica, flusher, reader. */
export const log: Scenario<World> = {
  name: 'log',
  world,
  actors: [
    {name: 'replica', run: replica, daemon: true},
    {name: 'opener', run: opener},
    {name: 'reader', run: reader},
    {name: 'flusher', run: flusher, daemon: true},
    {name: 'undertaker', run: undertaker, daemon: true},
  ],
  mortal: {replica: [], opener: ['reader'], reader: [], flusher: ['opener']},
  check: ({outcomes, read, stored}, dead) => {
    if (dead === 'opener') return
    for (const [number, offset] of outcomes.entries()) {
      must(offset !== undefined, 'every batch has an outcome')
      if (offset >= 0)
        must(stored[offset]!.at(-2) === number + 1, 'what was answered is stored, at the offset it was told')
    }
    if (dead === undefined) must(outcomes.join() === '0,1' && read === BATCHES, 'everything sent is stored and read')
  },
}
