/**
 * Whether the scenarios can fail: each atomic operation of the engine is left out, sees old values, or is made a plain one,
 * one at a time. Some scenario must notice; where none can, it says here why that does no harm.
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Site} from '../interleavings/code/turns.ts'
import {replay} from '../interleavings/explore.ts'
import {openLab} from '../interleavings/lab.ts'
import {type Fault, isAtomic, mutantsOf, scenariosBySite, type Trial, trial} from '../interleavings/power.ts'
import {formatSchedule, parseSchedule} from '../interleavings/report.ts'

interface Exception {
  readonly fault: Fault
  /** Where: module, function, operation. */
  readonly places: readonly string[]
  readonly why: string
}

/** Where a reader asks for the arena, and the writer hears of it. */
const ADVICE = ['isWanted load', 'takeWanted exchange', 'want load', 'want store'].map(
  place => `engine/memory/arena.ts ${place}`,
)

const FAULTS: readonly Fault[] = ['left out', 'stale', 'plain']

const EXCEPTIONS: readonly Exception[] = [
  ...FAULTS.map(fault => ({
    fault,
    places: ADVICE,
    why: 'it is advice: while it is lost or late readers read the files, and where nobody asked the arena is filled for nothing.',
  })),
  {
    fault: 'left out',
    places: ['engine/memory/arena.ts copy add', 'engine/cluster/failure-note.ts last add'],
    why: `a reader's last look at the generation adds 0. Left out, it is a load in the same place, which differs only where the
      copy's reads may be finished after a later load: on ARM, not on x86. That the look stands behind the copy is noticed ('stale').`,
  },
  {
    fault: 'plain',
    places: ['engine/cluster/failure-note.ts last add'],
    why: `written plainly, the 0 it adds could take away a version that the replica wrote meanwhile. To see that takes a reader that is
      interrupted twice and a replica that is twice as well: more switches than are tried here.`,
  },
  ...(['left out', 'stale'] as const).map(fault => ({
    fault,
    places: ['engine/cluster/failure-note.ts last load'],
    why: 'a reader that begins with an old version is found out by its last look, which adds 0 and so is never out of date, and looks again.',
  })),
  {
    fault: 'stale',
    places: [
      'engine/memory/arena.ts open add',
      'engine/cluster/failure-note.ts writeNote add',
      'engine/memory/flush-order.ts order add',
      'engine/memory/flush-order.ts answer add',
      'engine/cluster/thread-line.ts startAnew add',
    ],
    why: 'the word has one writer, whose own last value is never out of date; what readers add to a generation is 0.',
  },
]

const lab = await openLab()
const sites = lab.sites.filter(isAtomic)
const bySite = scenariosBySite(lab)
let reds: Trial[] = []

const placeOf = ({module, text, op}: Site): string => `${module} ${text.slice(0, text.indexOf(':'))} ${op}`
const isException = (site: Site, fault: Fault): boolean =>
  EXCEPTIONS.some(exception => exception.fault === fault && exception.places.includes(placeOf(site)))

for (const fault of FAULTS) {
  test(`an operation ${fault === 'left out' ? '' : 'that is '}${fault} is noticed`, () => {
    const tried = sites.filter(site => mutantsOf(site, fault).length > 0 && !isException(site, fault))
    const trials = tried.map(site => trial(lab, site, fault, bySite))
    const unnoticed = trials.filter(({noticed}) => noticed === undefined)
    assert.is(
      unnoticed.length,
      0,
      unnoticed.map(({site}) => `${placeOf(site)}, line ${site.line}: ${site.text}`).join('\n'),
    )
    reds = reds.concat(trials)
    const schedules = trials.reduce((sum, each) => sum + each.schedules, 0)
    const excepted = sites.filter(site => isException(site, fault)).length
    console.log(
      `\n${fault}: ${trials.length} of ${trials.length} operations noticed, ${excepted} excepted, ${schedules} schedules`,
    )
  })
}

test('each exception is about an operation that is there', () => {
  const places = new Set(sites.map(placeOf))
  for (const {places: named} of EXCEPTIONS) for (const place of named) assert.ok(places.has(place), place)
})

test('a schedule that is red is red again, a hundred times, from the line that was printed', () => {
  const {mutant, scenario, red} = reds.map(({noticed}) => noticed!).findLast(({red}) => red.grants.length < 400)!
  lab.runtime.mutant = mutant
  const world = {weak: ['early', 'late'].includes(mutant.kind)}
  const line = formatSchedule(scenario, world, red.grants)
  for (let i = 0; i < 100; i++) {
    const parsed = parseSchedule(line, lab.scenarios)
    const again = replay(lab.scheduler, parsed.scenario, parsed.world, parsed.grants)
    assert.is(again.failure?.message, red.failure!.message)
    assert.equal(again.sites, red.sites)
  }
  lab.runtime.mutant = undefined
})

test.run()
