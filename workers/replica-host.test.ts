import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LogMap} from '../engine/cluster/log-map.ts'
import type {OdradekError} from '../engine/errors.ts'
import type {ReplicaData, ReplicaReport} from './replica-data.ts'
import {ReplicaHost} from './replica-host.ts'

const READY = "parentPort.postMessage({type: 'ready', recovered: {clean: true, scannedSegments: 0, damage: [], ms: 0}})"

/** Starts a worker of these lines in the place of a replica thread. */
function start(lines: string) {
  const map = new LogMap()
  const thread = map.threads.claim(0)
  const seen = {released: 0, deathWasKnown: false}
  const script = `import {parentPort} from 'node:worker_threads'; ${lines}`
  const data = {
    channel: `replica-host-test-${process.pid}`,
    topic: 'log',
    entry: `data:text/javascript,${encodeURIComponent(script)}`,
  } as ReplicaData
  const released = (): void => {
    seen.released++
    seen.deathWasKnown = map.replicaDied
  }
  const rings = (): number => map.threads.doorbell(thread).count()
  return {map, seen, rings, host: ReplicaHost.start(data, map, {released})}
}

test('a thread that is ready is handed over with what it recovered; its end is heard, the dir free before it is announced', async () => {
  const {host: starting, map, seen, rings} = start(`${READY}; setTimeout(() => { throw new Error('later') }, 20)`)
  const host = await starting
  assert.is(host.recovered.clean, true)
  assert.is(host.failure(), undefined)
  await host.join()
  assert.is(host.failure()!.message, 'later')
  assert.is(await host.exited, host.failure())
  assert.equal([map.replicaDied, rings(), seen], [true, 1, {released: 1, deathWasKnown: false}])
})

test('a thread that closed the log has not died', async () => {
  const {host, map, rings} = start(
    `${READY}; parentPort.once('message', () => {}); setTimeout(() => process.exit(), 20)`,
  )
  const {STATE} = await import('../engine/cluster/replica-line.ts')
  map.replica.publishState(STATE.closed)
  await (await host).join()
  assert.equal([map.replicaDied, rings()], [false, 0])
})

test('a thread that reports a failure is ended, and its error passed on', async () => {
  const report: ReplicaReport = {type: 'failed', code: 'FOREIGN_DIR', message: 'not ours'}
  const {host, seen} = start(`parentPort.postMessage(${JSON.stringify(report)}); setInterval(() => {}, 1000)`)
  const error = await host.catch((failure: OdradekError) => failure)
  assert.is((error as OdradekError).message, 'FOREIGN_DIR: not ours')
  assert.is(seen.released, 1)
})

for (const [what, lines, words] of [
  ['throws', "throw new Error('at once')", 'did not start: at once'],
  ['exits', 'process.exit(3)', 'did not start: it ended'],
  ['cannot be found', "await import('file:///nowhere/at-all.js')", 'with the option workerEntry'],
] as const) {
  test(`a thread that ${what} before it is ready has crashed`, async () => {
    const {host, seen} = start(lines)
    const error = (await host.catch((failure: OdradekError) => failure)) as OdradekError
    assert.is(error.code, 'REPLICA_CRASHED')
    assert.ok(error.message.includes(words), error.message)
    assert.is(seen.released, 1)
  })
}

test.run()
