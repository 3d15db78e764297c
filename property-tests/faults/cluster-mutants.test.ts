/**
 * Whether the tests of the cluster can fail (T27): bugs that replicated logs have had, and those that were found here, are planted one at a
 * time in a copy of what is compiled. Each must turn something red: the rules beside the code, histories that were written for it, schedules,
 * or short clusters by seeds. With RUNS only the seeds count, so many for each, and whole histories: how strong chance is by itself.
 */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Sandbox} from '../mutation/sandbox.ts'
import {dist} from './fault-files.ts'

interface Bug {
  readonly name: string
  readonly module: string
  readonly from: string | RegExp
  readonly to: string
}

const {RUNS} = process.env
const LIMIT_MS = RUNS === undefined ? 60_000 : 24 * 3_600_000
const SHORT_SEEDS = '200'
const SIMULATION = 'property-tests/cluster-simulation.test.js'
/** Whatever the others in this run are told. */
const QUICK = {PREEMPTIONS: '1', SEED: '1'}
/** What is quick, whatever was planted; the likeliest first. */
const BY_HAND: readonly (readonly string[])[] = [
  ['engine/replica/high-watermark.test.js', 'engine/replica/isr-policy.test.js', 'engine/replica/reconcile.test.js'],
  ['property-tests/reigns.test.js', 'property-tests/replication.test.js'],
  [
    'client/leader-answers.test.js',
    'client/partition-sender.test.js',
    'workers/coordinator-calls.test.js',
    'engine/coordinator/coordinator.test.js',
  ],
  ['property-tests/interleavings/schedules.test.js'],
]
const SENDER = 'client/partition-sender.js'
const ANSWERS = 'client/leader-answers.js'
const FOLLOWER = 'engine/replica/follower.js'
const REPLICA = 'engine/replica/partition-replica.js'

const BUGS: readonly Bug[] = [
  {
    name: 'truncate to the high watermark',
    module: FOLLOWER,
    from: /const agreed = agreedEnd\([^;]*;/,
    to: 'const agreed = Math.min(own.end, this.#log.replica?.highWatermark ?? 0);',
  },
  {
    name: 'truncate to the log end, without epochs',
    module: FOLLOWER,
    from: /const agreed = agreedEnd\([^;]*;/,
    to: 'const agreed = Math.min(own.end, leader.end);',
  },
  {
    name: 'only the newest epoch of a follower is looked up, and what the leader has instead is taken for the same (KIP-101)',
    module: 'engine/replica/reconcile.js',
    from: /let agreed = 0;.*?return Math\.min\(agreed, own\.end\);/s,
    to: `const newest = own.epochs.at(-1)?.epoch ?? -1;
    const after = leader.epochs.find(({ epoch }) => epoch > newest);
    return Math.min(after?.startOffset ?? leader.end, own.end);`,
  },
  {
    name: 'unfenced truncation',
    module: FOLLOWER,
    from: /if \(!counts\(\)\)\s*return false;/,
    to: '',
  },
  {
    name: 'a fetch that the epoch fences is enough, and nothing is cut before it (KIP-320, first try)',
    module: FOLLOWER,
    from: /const agreed = agreedEnd\([^;]*;/,
    to: 'const agreed = own.end;',
  },
  {
    name: 'a follower says it follows before it has cut',
    module: REPLICA,
    from: 'this.#following = new Following(parts, () => this.publish());',
    to: 'this.#following = new Following(parts, () => this.publish()); this.#line.publishFollowedEpoch(this.#taken.leadership.leaderEpoch);',
  },
  {
    name: 'early ISR expansion',
    module: 'engine/replica/isr-policy.js',
    from: 'follows && end >= highWatermark && end >= epochStart',
    to: 'follows && end >= highWatermark',
  },
  {
    name: 'high watermark without the pending ISR',
    module: 'engine/replica/high-watermark.js',
    from: 'leadership.isr | pending',
    to: 'leadership.isr',
  },
  {
    name: 'of two proposals only the last one counts for the high watermark',
    module: 'engine/replica/reign.js',
    from: 'this.#proposed.any | isr : isr',
    to: 'isr : isr',
  },
  {
    name: 'high watermark over members of another epoch',
    module: 'engine/replica/high-watermark.js',
    from: 'epoch !== leadership.leaderEpoch',
    to: 'false',
  },
  {
    name: 'ack before sync',
    module: ANSWERS,
    from: /line\.syncedWatermark/,
    to: 'line.highWatermark',
  },
  {
    name: 'notify before publish',
    module: 'engine/memory/doorbell.js',
    from: /(Atomics\.add\(this\.#words, COUNT, 1\);)(\s*if \(Atomics\.load\(this\.#words, SLEEPING\) !== 0\)\s*Atomics\.notify\(this\.#words, COUNT\);)/,
    to: '$2$1',
  },
  {
    name: 'adoption skipped',
    module: 'engine/replica/take-over.js',
    from: 'if (best >= 0) {',
    to: 'if (false) {',
  },
  {
    name: 'acks of a stale leader',
    module: ANSWERS,
    from: /if \(leader < 0 \|\| now !== leaderEpoch\)(.*?) && this\.#row\.leadership\.leaderEpoch === leaderEpoch;/s,
    to: 'if (leader < 0)$1;',
  },
  {
    name: 'what is staged outlives the reign',
    module: 'workers/host-agent.js',
    from: 'replica.partition.isBehindLeadership',
    to: 'false',
  },
  {
    name: 'a sender fills the pipe of a leader that does not know it',
    module: SENDER,
    from: 'this.#knownEpoch === this.#leaderEpoch ? BATCHES_MAX : 1',
    to: 'BATCHES_MAX',
  },
  {
    name: 'the ids of calls begin anew in each incarnation',
    module: 'workers/coordinator-calls.js',
    from: 'incarnation * CALLS_MAX',
    to: '0',
  },
  {
    name: 'a broker that was silent comes back without its data',
    module: 'engine/coordinator/write-brokers.js',
    from: 'isKnown || (intact',
    to: '(intact',
  },
  {
    name: 'a replica that is started anew has shown nothing yet',
    module: REPLICA,
    from: 'Math.max(this.#log.highWatermark, this.#line.highWatermark)',
    to: '0',
  },
  {
    name: 'what may be stored is sent under another number',
    module: SENDER,
    from: /batch\.mayBeStored = true/,
    to: 'batch.mayBeStored = false',
  },
]

const sandbox = new Sandbox()

/** What noticed; undefined where nothing did. */
async function noticedBy(): Promise<string | undefined> {
  if (RUNS !== undefined) {
    const isRed = await sandbox.isRed(SIMULATION, LIMIT_MS, {RUNS, SEED: '1', LENGTH: 'whole'})
    return isRed ? 'whole histories' : undefined
  }
  for (const tests of BY_HAND) if (await sandbox.isRed(tests, LIMIT_MS, QUICK)) return tests.join(', ')
  const isRed = await sandbox.isRed(SIMULATION, LIMIT_MS, {RUNS: SHORT_SEEDS, SEED: '1'})
  return isRed ? 'short histories' : undefined
}

for (const {name, module, from, to} of BUGS) {
  test(`planted: ${name}`, async () => {
    const text = fs.readFileSync(dist + module, 'utf8')
    const planted = text.replace(from, to)
    assert.is.not(planted, text, `${module} has what is to be replaced`)
    sandbox.write(module, planted)
    try {
      const by = await noticedBy()
      assert.ok(by !== undefined, RUNS === undefined ? 'nothing is red' : `none of ${RUNS} seeds is red`)
      console.log(`\n${name}: ${by}`)
    } finally {
      sandbox.write(module, text)
    }
  })
}

test('without a planted bug nothing is red', async () => {
  assert.is(await noticedBy(), undefined)
})

test.run()
