import {ROW_MARKS_BYTES, RowMarks} from '../../../engine/cluster/row-marks.ts'
import {ROW_MARKS} from '../../../engine/limits.ts'
import {DOORBELL_BYTES, Doorbell, RING} from '../../../engine/memory/doorbell.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly bell: SharedArrayBuffer
  readonly marks: SharedArrayBuffer
  /** What happened in each row, a word for each ringer: written before the mark. */
  readonly work: SharedArrayBuffer
  readonly done: number[]
  /** Marks that were taken. */
  looks: number
}

/** By ringer: the rows in which it does something. Two share a word, two a bit. */
const ROWS = [
  [1, 40],
  [2, 1 + ROW_MARKS],
]
const TIMES = 2

function ringer(which: number): (world: World) => void {
  return world => {
    const bell = new Doorbell(world.bell, 0)
    const marks = new RowMarks(world.marks, 0)
    const work = new Int32Array(world.work)
    for (const [i, row] of ROWS[which]!.entries()) {
      Atomics.add(work, which * TIMES + i, 1)
      marks.mark(row)
      bell.ring(RING.control)
    }
  }
}

/** Looks only at rows that are marked, as a host does. */
function owner(world: World): void {
  const bell = new Doorbell(world.bell, 0)
  const marks = new RowMarks(world.marks, 0)
  const work = new Int32Array(world.work)
  const look = (mark: number): void => {
    for (let place = 0; place < ROWS.length * TIMES; place++) {
      const row = ROWS[Math.floor(place / TIMES)]![place % TIMES]!
      if (row % ROW_MARKS !== mark) continue
      if (Atomics.load(work, place) === 1 && !world.done.includes(place)) world.done.push(place)
    }
  }
  for (;;) {
    const seen = bell.count()
    if (bell.takeDirty(1) === 0) bell.wait(seen, Number.POSITIVE_INFINITY)
    else {
      const taken: number[] = []
      marks.take(mark => taken.push(mark))
      world.looks += taken.length
      for (const mark of taken) look(mark)
    }
  }
}

/** Two threads mark rows of a third, which sleeps while none is marked. */
export const rowMarks: Scenario<World> = {
  name: 'row marks',
  world: () => ({
    bell: new SharedArrayBuffer(DOORBELL_BYTES),
    marks: new SharedArrayBuffer(ROW_MARKS_BYTES),
    work: new SharedArrayBuffer(4 * ROWS.length * TIMES),
    done: [],
    looks: 0,
  }),
  actors: [
    {name: 'owner', run: owner, daemon: true},
    {name: 'ringer', run: ringer(0)},
    {name: 'other', run: ringer(1)},
  ],
  mortal: {ringer: [], other: [], owner: []},
  check: ({done, looks}, dead) => {
    must(looks <= ROWS.length * TIMES, 'a mark is taken once')
    if (dead === undefined) must(done.length === ROWS.length * TIMES, 'what was marked is looked at')
  },
}
