/**
 * Whole clusters in one thread, by seeds (T26): brokers, hosts, coordinators and clients as they are, on a disk, a clock and letters
 * of the test. Threads and the process die anywhere, stall, lose power; letters come late or not at all. After every step the
 * promises of the cluster are held against what stands in the map and in the files; when the faults end, all of it works
 * again before long. `npm run test:simulation` runs far more seeds.
 */
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from './runs.ts'
import {history} from './simulation/cluster/history.ts'
import runShard, {replayCommand} from './simulation/cluster/shard.ts'

const test = suite('the whole cluster')
const SEEDS = 20
const REPLAYS = 2

const {numRuns, seed: first = 1} = runs(SEEDS)

test('no promise is broken in any history', () => {
  const {reds, seeds, virtualMs, cpuMs} = runShard({
    from: first,
    count: numRuns,
    endsAtMs: Number.POSITIVE_INFINITY,
    stopsAtRed: true,
  })
  assert.is(reds.length, 0, reds.map(({seed, problem}) => `${replayCommand(seed)}\n${problem}`).join('\n'))
  console.log(`\n${seeds} seeds, ${Math.round(virtualMs / cpuMs)} times as fast as real time`)
})

test('a seed has one history', () => {
  const {fingerprint} = history(first)
  for (let i = 0; i < REPLAYS; i++) assert.is(history(first).fingerprint, fingerprint)
})

test.run()
