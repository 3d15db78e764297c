import {REPLICA_LINE_BYTES, ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import {ArenaReader, ArenaWriter, allocateArena} from '../../../engine/memory/arena.ts'
import {atOnce} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly arena: SharedArrayBuffer
  readonly line: SharedArrayBuffer
  /** How often the writer began, and ended, to give a window a new stretch. */
  opening: number
  opened: number
  /** Offset behind the last batch that is in the file: no reader may see more. */
  stored: number
  /** Whether the log was cut. */
  cut: boolean
}

const BATCH = 8
/** A window holds two batches, and has an index entry for each. */
const SHAPE = {windows: 2, windowBytes: 2 * BATCH, indexEntries: 2}
/** A segment holds three, so that a window may begin within one. */
const SEGMENT = 3
const AFTER_CUT = 0x40
const NEVER_STORED = 0x80

function world(): World {
  const memory = {arena: allocateArena(SHAPE), line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}
  return {...memory, opening: 0, opened: 0, stored: 0, cut: false}
}

/** Every byte of a batch tells its offset, and whether it was written after the cut. */
const BATCHES = Array.from({length: 256}, (_, byte) => Buffer.alloc(BATCH, byte))

function append(world: World, arena: ArenaWriter, line: ReplicaLine, offset: number): void {
  const segmentBase = offset - (offset % SEGMENT)
  const position = (offset - segmentBase) * BATCH
  if (!arena.hasRoom(BATCH) || position === 0) {
    world.opening++
    arena.open({segmentBase, position, firstOffset: offset})
    world.opened++
  }
  arena.fill(BATCHES[offset | (world.cut ? AFTER_CUT : 0)]!)
  arena.addIndexEntry(offset - segmentBase, position)
  world.stored = offset + 1
  arena.publish()
  if (offset < line.writtenEnd) return
  line.publishWrittenEnd(offset + 1)
  line.publishHighWatermark(offset + 1)
}

/** A write that fails: what was filled is given up, and written over. */
function failToAppend(arena: ArenaWriter, line: ReplicaLine): void {
  arena.fill(BATCHES[NEVER_STORED]!)
  arena.addIndexEntry(0, BATCH)
  arena.discard()
  line.beat(0)
}

/** Appends until the log ends at `end`; up to `start` that is done before the first turn. */
function writer(start: number, end: number): (world: World) => void {
  return world => {
    const arena = new ArenaWriter(world.arena)
    const line = new ReplicaLine(world.line, 0)
    atOnce(() => {
      for (let offset = 0; offset < start; offset++) append(world, arena, line, offset)
    })
    for (let offset = start; offset < end; offset++) {
      if (arena.hasRoom(BATCH)) failToAppend(arena, line)
      append(world, arena, line, offset)
    }
  }
}

/** Looks twice, for the newest offset it may see, or for one `ahead` of that, which it may not. */
function reader(ahead: 0 | 1): (world: World) => void {
  return world => {
    const arena = new ArenaReader(world.arena)
    const line = new ReplicaLine(world.line, 0)
    let last = 0
    for (let looks = 0; looks < 2; looks++) {
      const {opened} = world
      const end = line.highWatermark
      must(end >= last, 'the high watermark never moves back')
      last = end
      const offset = end - 1 + ahead
      const target = Buffer.alloc(BATCH + BATCH / 2)
      const length = arena.read(offset, target)
      // a window may be given up while it still holds the newest offset that is visible
      if (length === 0)
        must(ahead === 1 || world.opening > opened, 'what is visible stays until its window is given up')
      else if (ahead === 0) must(target[0] === offset, 'a read gives the offset it was asked for')
      else must(target[0] === offset || target[0] === offset - 1, 'a read begins at the index entry before its offset')
      verify(world, target, length, target[0]!)
    }
  }
}

/** Reads the first offset, and goes on behind it. */
function follower(world: World): void {
  const arena = new ArenaReader(world.arena)
  const line = new ReplicaLine(world.line, 0)
  const target = Buffer.alloc(2 * BATCH)
  let length = arena.read(0, target)
  verify(world, target, length, 0)
  let next = length / BATCH
  for (let looks = 0; length > 0 && looks < 2; looks++) {
    const {opening} = world
    const end = line.highWatermark
    const read = arena.readOn(length, target)
    if (read === 0) must(end <= next || world.opening > 1, 'a reader goes on while the window holds more')
    if (read === 0 && opening > 1) return
    verify(world, target, read, next)
    length = read === 0 ? length : read
    next += read / BATCH
  }
}

/** Checks what a read gave: batches one after the other, from `offset` on. */
function verify(world: World, target: Buffer, length: number, offset: number): void {
  for (let i = 0; i < length; i++) {
    const at = offset + Math.floor(i / BATCH)
    must((target[i]! & ~AFTER_CUT) === (at & ~AFTER_CUT), 'a read gives bytes of one generation')
    must((at & ~AFTER_CUT) < world.stored, 'nothing is read that is not stored')
  }
}

/** At rest everything in the last window can be read. */
function mustRead(world: World, offset: number, mark: number): void {
  const arena = new ArenaReader(world.arena)
  const target = Buffer.alloc(BATCH)
  must(arena.read(offset, target) === BATCH, 'what was published can be read')
  must(target[0] === (offset | mark), 'what was published last is read')
  verify(world, target, BATCH, offset | mark)
}

function scenario(
  name: string,
  code: {writer: (world: World) => void; reader: (world: World) => void},
  rest: {offset: number; mark: number},
): Scenario<World> {
  return {
    name,
    world,
    actors: [
      {name: 'writer', run: code.writer},
      {name: 'reader', run: code.reader},
    ],
    mortal: {writer: [], reader: []},
    check: (world, dead) => {
      if (dead !== 'writer') mustRead(world, rest.offset, rest.mark)
    },
  }
}

/** Two windows that the writer fills again under the reader's hands. */
export const arenaRead = scenario('arena read', {writer: writer(1, 5), reader: reader(0)}, {offset: 4, mark: 0})
export const arenaReadAhead = scenario('arena ahead', {writer: writer(1, 4), reader: reader(1)}, {offset: 3, mark: 0})

/** A reader goes on within a window that is filled, and then given up. */
export const arenaReadOn = scenario('arena read on', {writer: writer(1, 4), reader: follower}, {offset: 3, mark: 0})

const CUT_AT = 1

/** Cuts the log at 1, and writes others in place of what was cut off. */
function cutter(world: World): void {
  const arena = new ArenaWriter(world.arena)
  const line = new ReplicaLine(world.line, 0)
  atOnce(() => {
    for (let offset = 0; offset < CUT_AT + 2; offset++) append(world, arena, line, offset)
  })
  arena.clear()
  world.cut = true
  for (let offset = CUT_AT; offset < CUT_AT + 2; offset++) append(world, arena, line, offset)
}

function readerOfCut(world: World): void {
  const arena = new ArenaReader(world.arena)
  const target = Buffer.alloc(2 * BATCH)
  for (let looks = 0; looks < 2; looks++) {
    const length = arena.read(CUT_AT, target)
    const {cut} = world
    const mark = target[0]! & AFTER_CUT
    if (length === 0) continue
    must((target[0]! & ~AFTER_CUT) === CUT_AT, 'a read gives the offset it was asked for')
    for (let i = 0; i < length; i++)
      must((target[i]! & AFTER_CUT) === mark, 'a read gives bytes from one side of a cut')
    must(!cut || mark !== 0, 'what was cut off is not read after the cut')
    const more = arena.readOn(length, target)
    for (let i = 0; i < more; i++)
      must((target[i]! & AFTER_CUT) === mark, 'a reader does not go on from one side of a cut to the other')
  }
}

export const arenaCut = scenario('arena cut', {writer: cutter, reader: readerOfCut}, {offset: 2, mark: AFTER_CUT})
