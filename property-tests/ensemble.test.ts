/**
 * Coordinators that agree on metadata (T16), by seeds: letters that get lost or come twice, threads that stall and die, power cuts, disks that
 * fail, dirs that are lost or damaged. After every step what was committed is what everybody learned; when the faults
 * end, all of them agree again before long. A failure prints the seed that shows it again.
 */
import assert from 'node:assert/strict'
import {suite} from 'uvu'
import {Chance, replayCommand, tries} from './faults/chance.ts'
import {EnsembleBed, SESSION_MS} from './simulation/ensemble-bed.ts'

const test = suite('the ensemble')
const HISTORIES = 40
const STEPS = 300
/** Sessions until everybody agrees, once nothing fails any more. */
const SESSIONS_TO_AGREE = 6

const reached = new Map<string, number>()

type Step = (bed: EnsembleBed, chance: Chance) => void

/** Does something to one of `members`, where there is any. */
function one<T>(members: readonly T[], chance: Chance, act: (member: T) => void): void {
  if (members.length > 0) act(chance.pick(members))
}

const dead = ({members}: EnsembleBed) => members.filter(member => member.ensemble === undefined)

/** What may happen, and how often. */
const STEPS_TO_TAKE: readonly (readonly [weight: number, what: string, step: Step])[] = [
  [
    60,
    'ran',
    (bed, chance) =>
      one(bed.awake, chance, member => {
        for (let letters = chance.below(4); letters > 0 && member.ensemble !== undefined; letters--) bed.read(member)
        if (member.ensemble !== undefined) bed.run(member)
      }),
  ],
  [15, 'all ran', bed => bed.settle()],
  [
    20,
    'proposed',
    (bed, chance) =>
      one(
        bed.awake.filter(({ensemble}) => ensemble!.isHolder),
        chance,
        holder => bed.propose(holder, 1 + chance.below(3)),
      ),
  ],
  [
    4,
    'stalled',
    (bed, chance) =>
      one(bed.running, chance, member => {
        member.stalledUntil = bed.nowMs + chance.below(3 * SESSION_MS)
      }),
  ],
  [1, 'killed', (bed, chance) => one(bed.running, chance, member => bed.kill(member))],
  [
    1,
    'holder killed',
    (bed, chance) => one(bed.holder === undefined ? [] : [bed.holder], chance, holder => bed.kill(holder)),
  ],
  [1, 'lost its power', (bed, chance) => one(bed.running, chance, member => bed.losePower(member))],
  [0.3, 'all lost their power', bed => bed.loseAllPower()],
  [2, 'disk fails', (bed, chance) => one(bed.running, chance, member => bed.failDisk(member))],
  // as long as a majority of logs is whole
  [
    2,
    'log lost',
    (bed, chance) => {
      one(bed.members, chance, member => {
        if (bed.members.filter(other => other !== member && other.isIntact).length < bed.majority) return
        bed.kill(member)
        if (chance.oneIn(2)) bed.wipe(member)
        else bed.damage(member)
        // at once, so that it is known to be lost
        bed.start(member)
      })
    },
  ],
  [6, 'started', (bed, chance) => one(dead(bed), chance, member => bed.start(member))],
]

const WEIGHT = STEPS_TO_TAKE.reduce((sum, [weight]) => sum + weight * 10, 0)

function step(bed: EnsembleBed, chance: Chance): void {
  bed.nowMs += chance.pick([0, 0, 1, 1, 5, 20, 100])
  let drawn = chance.below(WEIGHT)
  const [, what, act] = STEPS_TO_TAKE.find(([weight]) => (drawn -= weight * 10) < 0)!
  reached.set(what, (reached.get(what) ?? 0) + 1)
  act(bed, chance)
}

function history(seed: number): void {
  const chance = new Chance(seed)
  const bed = new EnsembleBed(chance.pick([1, 3, 3, 3, 5]), chance)
  bed.weather = {lost: chance.pick([3, 10, 1000]), twice: chance.pick([5, 1000])}
  bed.letterChanges = chance.pick([1, 4096])
  bed.snapshotChanges = chance.pick([12, 40])
  for (const member of bed.members) bed.start(member)
  bed.settle()
  for (let steps = 0; steps < STEPS; steps++) step(bed, chance)
  agree(bed)
}

/** The faults end. Whoever is dead starts again; then a change is committed, and everybody learns of it. */
function agree(bed: EnsembleBed): void {
  bed.weather = undefined
  for (const member of bed.members) {
    member.disk.intercept = undefined
    member.stalledUntil = 0
  }
  const endMs = bed.nowMs + SESSIONS_TO_AGREE * SESSION_MS
  let proposedAt = -1
  while (bed.nowMs < endMs) {
    bed.nowMs += 10
    for (const member of bed.members) if (member.ensemble === undefined) bed.start(member)
    bed.settle()
    const {holder} = bed
    if (proposedAt < 0 && holder !== undefined && holder.ensemble!.proposedEnd === holder.ensemble!.committedEnd) {
      proposedAt = bed.ledger.length
      bed.propose(holder, 2)
    } else if (proposedAt >= 0 && isAgreed(bed, proposedAt + 2)) return
  }
  const states = bed.members.map(
    ({id, ensemble, image}) =>
      `${id}: ${ensemble?.isHolder ? 'holder' : ''} ${ensemble?.isIntact ? '' : 'lost'} ${image.nextRow} of ${bed.ledger.length} ${ensemble?.epoch} ${ensemble?.committedEnd}`,
  )
  assert.fail(`no agreement, proposed at ${proposedAt}: ${states.join('; ')}`)
}

function isAgreed(bed: EnsembleBed, length: number): boolean {
  if (bed.ledger.length < length) return false
  return bed.members.every(({ensemble, image}) => ensemble?.isIntact && image.nextRow === bed.ledger.length)
}

test('what was agreed stays agreed, whatever happens', () => {
  const {count: histories, seed} = tries(HISTORIES)
  let committed = 0
  for (let i = 0; i < histories; i++) {
    try {
      history(seed + i)
      committed++
    } catch (error) {
      console.log(`\nshown again by ${replayCommand('ensemble', {RUNS: 1, SEED: seed + i})}`)
      throw error
    }
  }
  console.log([...reached].map(([what, times]) => `${what} ${times}`).join(', '))
  assert.ok(committed === histories)
})

test.run()
