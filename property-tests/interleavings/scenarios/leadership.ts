import {decodeLeadership, type Leadership} from '../../../engine/cluster/leadership.ts'
import {PARTITION_ROW_BYTES, PartitionRow} from '../../../engine/cluster/partition-row.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly row: SharedArrayBuffer
  /** The coordinators' doorbell. */
  readonly bell: SharedArrayBuffer
  /** The greatest epoch that was published. */
  epoch: number
}

/** What each epoch says; the high watermark of its leader is ten times the epoch. */
const REIGNS: readonly Leadership[] = [
  {leaderEpoch: 0, version: 0, leader: 0, isr: 0b11, deleted: false},
  {leaderEpoch: 1, version: 1, leader: 1, isr: 0b10, deleted: false},
  {leaderEpoch: 2, version: 2, leader: 0, isr: 0b01, deleted: false},
]
const PROPOSED: Leadership = {leaderEpoch: 2, version: 3, leader: 0, isr: 0b11, deleted: false}

function world(): World {
  const made = {
    row: new SharedArrayBuffer(PARTITION_ROW_BYTES),
    bell: new SharedArrayBuffer(DOORBELL_BYTES),
    epoch: 0,
  }
  const row = new PartitionRow(made.row, 0)
  must(row.exchangeLeadership(0n, REIGNS[0]!), 'the first word finds no other')
  return made
}

/** Brings the row to a reign, unless a later one stands there. */
function publish(world: World, row: PartitionRow, next: Leadership): void {
  for (;;) {
    const word = row.word
    if (decodeLeadership(word).version >= next.version) return
    if (!row.exchangeLeadership(word, next)) continue
    world.epoch = Math.max(world.epoch, next.leaderEpoch)
    return
  }
}

/** Published late what another one has gone beyond. */
function slow(world: World): void {
  publish(world, new PartitionRow(world.row, 0), REIGNS[1]!)
}

/** Publishes both reigns, then lets in whom the leader asks for. */
function holder(world: World): void {
  const row = new PartitionRow(world.row, 0)
  const bell = new Doorbell(world.bell, 0)
  publish(world, row, REIGNS[1]!)
  publish(world, row, REIGNS[2]!)
  for (;;) {
    const seen = bell.count()
    const {leaderEpoch, isr} = row.proposal(0)
    if (leaderEpoch === 2) {
      must(isr === PROPOSED.isr, 'a proposal is read as it was made')
      publish(world, row, PROPOSED)
      return
    }
    bell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** Leads in epoch 2, shows an end, and asks for the ISR to grow. */
function leader({row: memory, bell}: World): void {
  const row = new PartitionRow(memory, 0)
  const line = row.replica(0)
  line.leaveEpoch()
  line.resetEnds({writtenEnd: 20, syncedEnd: 0, highWatermark: 20, logStartOffset: 0})
  line.publishFollowedEpoch(2)
  row.propose(0, {...REIGNS[2]!, isr: PROPOSED.isr})
  must(row.proposal(0).isr === PROPOSED.isr, 'a proposal stands at once')
  new Doorbell(bell, 0).ring(0)
}

/** Looks at the leader's line between two looks at the word. */
function reader(world: World): void {
  const row = new PartitionRow(world.row, 0)
  let before = 0
  for (let look = 0; look < 2; look++) {
    const least = world.epoch
    const word = row.word
    const {leaderEpoch, leader: slot, isr} = decodeLeadership(word)
    must(leaderEpoch >= least, 'whoever looks sees the latest leadership')
    must(leaderEpoch >= before, 'a leadership that is over does not come back')
    before = leaderEpoch
    must(slot === REIGNS[leaderEpoch]!.leader && (isr & (1 << slot)) !== 0, 'a leader and its ISR are seen together')
    const line = row.replica(slot)
    if (line.followedEpoch !== leaderEpoch) continue
    const highWatermark = line.highWatermark
    if (row.word === word && leaderEpoch === 2) must(highWatermark === 20, 'an end is of the reign that shows it')
  }
}

/** Two coordinators publish, one of them late; the leader proposes; somebody reads where the leader is. */
export const leadership: Scenario<World> = {
  name: 'leadership',
  world,
  actors: [
    {name: 'holder', run: holder},
    {name: 'slow', run: slow},
    {name: 'leader', run: leader},
    {name: 'reader', run: reader},
  ],
  mortal: {reader: [], leader: ['holder'], holder: []},
  check: (world, dead) => {
    if (dead === 'holder' || dead === 'leader') return
    const row = new PartitionRow(world.row, 0)
    const {leaderEpoch, isr} = row.leadership
    must(leaderEpoch === 2 && isr === PROPOSED.isr, 'the last change stands')
  },
}
