/**
 * Whole clusters in one thread, by seeds (T26): brokers, hosts, coordinators and clients as they are, on a disk, a clock and letters
 * of the test. Threads and the process die anywhere, stall, lose power; disks fail, topics come and go; letters come late or not at
 * all. After every step the promises of the cluster are held against what stands in the map and in the files; when the faults
 * end, all of it works again before long. Histories are short here, with faults close to one another; `npm run test:simulation`
 * runs whole ones, and far more of them.
 */
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from './runs.ts'
import {history} from './simulation/cluster/history.ts'
import {NAMED_EVENTS, type ReachedName} from './simulation/cluster/named-events.ts'
import runShard, {replayCommand} from './simulation/cluster/shard.ts'
import {Reached} from './simulation/reached.ts'

const test = suite('the whole cluster')
const SEEDS = 500
const REPLAYS = 2
/** Seeds in which each named event comes at least once, on the average. */
const SEEDS_AN_EVENT = 50

const {numRuns, seed: first = 1} = runs(SEEDS)
const length = process.env['LENGTH'] === 'whole' ? 'whole' : 'short'

test('no promise is broken in any history, and all that should happen in them does', () => {
  const {reds, seeds, virtualMs, cpuMs, reached} = runShard({
    from: first,
    count: numRuns,
    endsAtMs: Number.POSITIVE_INFINITY,
    stopsAtRed: true,
    length,
  })
  assert.is(reds.length, 0, reds.map(({seed, problem}) => `${replayCommand(seed, length)}\n${problem}`).join('\n'))
  const total = new Reached<ReachedName>(NAMED_EVENTS)
  total.addAll(reached)
  console.log(`\n${seeds} seeds, ${Math.round(virtualMs / cpuMs)} times as fast as real time: ${total}`)
  // of other seeds, and of fewer, chance may have it otherwise
  if (first === 1 && seeds >= SEEDS) assert.equal(total.missing(Math.floor(seeds / SEEDS_AN_EVENT)), [])
})

test('a seed has one history', () => {
  const {fingerprint} = history(first)
  for (let i = 0; i < REPLAYS; i++) assert.is(history(first).fingerprint, fingerprint)
})

test.run()
