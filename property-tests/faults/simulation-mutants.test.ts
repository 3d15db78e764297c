/**
 * Whether the simulation can fail (T27): bugs that replicated logs have had, and those it has found here itself, are planted one at a time in
 * a copy of what is compiled; some seed must be red.
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

const SEEDS = process.env['RUNS'] ?? '1000'
const LIMIT_MS = 120_000
const TEST = 'property-tests/cluster-simulation.test.js'
const SENDER = 'client/partition-sender.js'
const ANSWERS = 'client/leader-answers.js'
const FOLLOWER = 'engine/replica/follower.js'
const REPLICA = 'engine/replica/partition-replica.js'

const BUGS: readonly Bug[] = [
  {
    name: 'truncate to the high watermark',
    module: FOLLOWER,
    from: /const agreed = agreedEnd\([^;]*;/,
    to: 'const agreed = Math.min(own.end, this.#log.replica()?.highWatermark ?? 0);',
  },
  {
    name: 'truncate to the log end, without epochs',
    module: FOLLOWER,
    from: /const agreed = agreedEnd\([^;]*;/,
    to: 'const agreed = Math.min(own.end, leader.end);',
  },
  {
    name: 'unfenced truncation',
    module: FOLLOWER,
    from: /if \(!counts\(\)\)\s*return false;/,
    to: '',
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
    name: 'adoption skipped',
    module: REPLICA,
    from: 'if (best >= 0) {',
    to: 'if (false) {',
  },
  {
    name: 'acks of a stale leader',
    module: ANSWERS,
    from: 'if (leader < 0 || now !== leaderEpoch)',
    to: 'if (leader < 0)',
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
    from: 'this.#highWatermark = Math.max(this.#highWatermark, this.#line.highWatermark)',
    to: 'this.#highWatermark = 0',
  },
  {
    name: 'what may be stored is sent under another number',
    module: SENDER,
    from: /batch\.mayBeStored = true/,
    to: 'batch.mayBeStored = false',
  },
]

const sandbox = new Sandbox()

for (const {name, module, from, to} of BUGS) {
  test(`planted: ${name}`, async () => {
    const text = fs.readFileSync(dist + module, 'utf8')
    const planted = text.replace(from, to)
    assert.is.not(planted, text, `${module} has what is to be replaced`)
    sandbox.write(module, planted)
    try {
      assert.ok(
        await sandbox.isRed(TEST, LIMIT_MS, {RUNS: SEEDS, SEED: '1', LENGTH: 'whole'}),
        `no seed of ${SEEDS} is red`,
      )
    } finally {
      sandbox.write(module, text)
    }
  })
}

test('without a planted bug nothing is red', async () => {
  assert.not.ok(await sandbox.isRed(TEST, LIMIT_MS, {RUNS: '50', SEED: '1', LENGTH: 'whole'}))
})

test.run()
