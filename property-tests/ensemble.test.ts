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
const HISTORIES = 60
const STEPS = 300
/** Sessions until everybody agrees, once nothing fails any more. */
const SESSIONS_TO_AGREE = 6

const reached = new Map<string, number>()
const count = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1)

function step(bed: EnsembleBed, chance: Chance): void {
  bed.nowMs += chance.pick([0, 0, 1, 1, 5, 20, 100])
  const {running, awake, members} = bed
  const dead = members.filter(member => member.ensemble === undefined)
  const kind = chance.below(200)
  if (kind < 80 && awake.length > 0) {
    const member = chance.pick(awake)
    for (let letters = chance.below(4); letters > 0 && member.ensemble !== undefined; letters--) bed.read(member)
    if (member.ensemble !== undefined) bed.run(member)
  } else if (kind < 120 && bed.holder !== undefined) {
    count('proposed')
    bed.propose(bed.holder, 1 + chance.below(3))
  } else if (kind < 150 && awake.length > 0) {
    bed.settle()
  } else if (kind < 156 && running.length > 0) {
    count('stalled')
    chance.pick(running).stalledUntil = bed.nowMs + chance.below(3 * SESSION_MS)
  } else if (kind < 160 && running.length > 0) {
    count('killed')
    bed.kill(bed.holder !== undefined && chance.oneIn(2) ? bed.holder : chance.pick(running))
  } else if (kind < 162 && running.length > 0) {
    count('lost its power')
    bed.losePower(chance.pick(running))
  } else if (kind < 163) {
    count('all lost their power')
    bed.loseAllPower()
  } else if (kind < 167 && running.length > 0) {
    count('disk fails')
    bed.failDisk(chance.pick(running))
  } else if (kind < 170 && dead.length > 0 && mayLose(bed)) {
    const member = chance.pick(dead)
    count('lost its log')
    if (chance.oneIn(2)) bed.wipe(member)
    else bed.damage(member)
    // at once, so that it is known to be lost
    bed.start(member)
  } else if (kind < 185 && dead.length > 0) {
    const member = chance.pick(dead)
    bed.start(member)
    count('started')
    if (member.log?.quorum.intact === false) count('started without its log')
  } else if (kind < 190 && awake.length === 0) bed.nowMs += SESSION_MS
}

/** Whether one more log may go: every other one is whole, or those that are not leave a majority. */
function mayLose({members, majority}: EnsembleBed): boolean {
  const whole = members.filter(({ensemble}) => ensemble?.isIntact ?? false).length
  return whole >= majority
}

function history(seed: number): void {
  const chance = new Chance(seed)
  const bed = new EnsembleBed(chance.pick([1, 3, 3, 3, 5]), chance)
  bed.weather = {lost: chance.pick([3, 10, 1000]), twice: chance.pick([5, 1000])}
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
