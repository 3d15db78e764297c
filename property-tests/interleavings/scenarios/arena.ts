import {REPLICA_LINE_BYTES, ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import {ArenaReader, ArenaWriter, allocateArena} from '../../../engine/memory/arena.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly arena: SharedArrayBuffer
  readonly line: SharedArrayBuffer
  /** How often the writer began, and ended, to give a window a new stretch. */
  opening: number
  opened: number
  /** Offset behind the last batch that is in the file: no reader may see more. */
  stored: number
  /** Whether the cut of the log is over. */
  cut: boolean
}

const BATCH = 8
const SHAPE = {windows: 2, windowBytes: 2 * BATCH, indexEntries: 2}
const BATCHES = 6
const CUT_AT = 2

function world(): World {
  const memory = {arena: allocateArena(SHAPE), line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}
  return {...memory, opening: 0, opened: 0, stored: 0, cut: false}
}

/** Every byte of a batch tells its offset, and whether it was written after the cut. */
function batch(offset: number, mark: number): Uint8Array {
  return new Uint8Array(BATCH).fill(offset | mark)
}
const AFTER_CUT = 0x40
const NEVER_STORED = 0x80

function append(world: World, writer: ArenaWriter, line: ReplicaLine, offset: number, mark: number): void {
  if (!writer.hasRoom(BATCH)) {
    world.opening++
    writer.open({segmentBase: 0, position: offset * BATCH, firstOffset: offset})
    world.opened++
  }
  writer.fill(batch(offset, mark))
  writer.addIndexEntry(offset, offset * BATCH)
  world.stored = offset + 1
  writer.publish()
  if (offset + 1 <= line.writtenEnd) return
  line.publishWrittenEnd(offset + 1)
  line.publishHighWatermark(offset + 1)
}

/** Fills the windows three times over; one batch is given up before it is stored. */
function writer(world: World): void {
  const arena = new ArenaWriter(world.arena)
  const line = new ReplicaLine(world.line, 0)
  for (let offset = 0; offset < BATCHES; offset++) {
    append(world, arena, line, offset, 0)
    if (offset !== 2) continue
    arena.fill(batch(NEVER_STORED, 0))
    arena.addIndexEntry(3, 3 * BATCH)
    arena.discard()
  }
}

/** Reads the newest offset it may see, and goes on behind it. */
function reader(world: World): void {
  const arena = new ArenaReader(world.arena)
  const line = new ReplicaLine(world.line, 0)
  let last = 0
  for (let looks = 0; looks < 3; looks++) {
    const opened = world.opened
    const end = line.highWatermark
    must(end >= last, 'the high watermark never moves back')
    last = end
    if (end === 0) continue
    const target = Buffer.alloc(BATCH + BATCH / 2)
    const length = arena.read(end - 1, target)
    if (length === 0) {
      must(world.opening - opened >= SHAPE.windows - 1, 'what is below the high watermark is in a window until that is given up')
      continue
    }
    const first = verify(world, target, length, end - 1)
    must(first + length / BATCH > end - 1, 'a read gives the offset it was asked for')
    const more = arena.readOn(length, target)
    for (let i = 0; i < more; i++) {
      const offset = first + Math.floor((length + i) / BATCH)
      must(target[i] === offset && offset < world.stored, 'a reader goes on where it was')
    }
  }
}

/** Checks what a read gave for `offset`, and returns the offset it starts with. */
function verify(world: World, target: Buffer, length: number, offset: number): number {
  const first = target[0]! & ~AFTER_CUT
  must(first <= offset, 'a read starts at or before the offset it was asked for')
  for (let i = 0; i < length; i++) {
    const at = first + Math.floor(i / BATCH)
    must((target[i]! & ~AFTER_CUT) === at, 'a read gives bytes of one generation')
    must(at < world.stored, 'nothing is read that is not stored')
  }
  return first
}

/** The newest bytes: two windows that the writer fills again and again under the reader's hands. */
export const arena: Scenario<World> = {
  name: 'arena',
  world,
  actors: [
    {name: 'writer', run: writer},
    {name: 'reader', run: reader},
  ],
  check: (world, dead) => {
    if (dead !== 'writer') mustRead(world, BATCHES - 2, 0)
  },
}

/** Writes four batches, cuts the log, and writes others in place of the last two. */
function cutter(world: World): void {
  const arena = new ArenaWriter(world.arena)
  const line = new ReplicaLine(world.line, 0)
  for (let offset = 0; offset < CUT_AT + 2; offset++) append(world, arena, line, offset, 0)
  arena.clear()
  world.cut = true
  for (let offset = CUT_AT; offset < CUT_AT + 2; offset++) append(world, arena, line, offset, AFTER_CUT)
}

function readerOfCut(world: World): void {
  const arena = new ArenaReader(world.arena)
  for (let looks = 0; looks < 3; looks++) {
    const {cut} = world
    const target = Buffer.alloc(2 * BATCH)
    const length = arena.read(CUT_AT, target)
    if (length === 0) continue
    verify(world, target, length, CUT_AT)
    for (let i = 0; i < length; i++)
      must((target[i]! & AFTER_CUT) === (target[0]! & AFTER_CUT), 'a read gives bytes from one side of a cut')
    must(!cut || (target[0]! & AFTER_CUT) !== 0, 'what was cut off is not read after the cut')
    const more = arena.readOn(length, target)
    for (let i = 0; i < more; i++) must((target[i]! & AFTER_CUT) !== 0 || !cut, 'a reader does not go on behind a cut')
  }
}

export const arenaCut: Scenario<World> = {
  name: 'arena cut',
  world,
  actors: [
    {name: 'writer', run: cutter},
    {name: 'reader', run: readerOfCut},
  ],
  check: (world, dead) => {
    if (dead !== 'writer') mustRead(world, CUT_AT, AFTER_CUT)
  },
}

/** At rest everything in the last window can be read. */
function mustRead(world: World, offset: number, mark: number): void {
  const arena = new ArenaReader(world.arena)
  for (const asked of [offset, offset + 1]) {
    const target = Buffer.alloc(2 * BATCH)
    const length = arena.read(asked, target)
    must(length > 0, 'what was published can be read')
    const first = verify(world, target, length, asked)
    must(target[(asked - first) * BATCH] === (asked | mark), 'what was published last is read')
  }
}
