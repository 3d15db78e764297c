import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {Parking} from './parking.ts'
import {SyncedWaiters} from './synced-waiters.ts'

function bench() {
  const map = new LogMap()
  const thread = map.threads.claim(0)
  let held = 0
  const keepAlive = {ref: () => void held++, unref: () => void held--, close() {}}
  const parking = new Parking(map.threads.doorbell(thread), keepAlive)
  const waiters = new SyncedWaiters({map, thread, parking, dir: '/dir', deathCause: () => undefined})
  const told: string[] = []
  map.replica.publishWrittenEnd(100)
  return {
    told,
    waiters,
    map,
    held: () => held,
    wait: (end: number) =>
      waiters.add({
        end,
        reached: () => told.push(`${end} reached`),
        failed: error => told.push(`${end} ${error.code}`),
      }),
    /** Publishes the synced end and has everybody look. */
    sync(end: number) {
      map.replica.publishSyncedEnd(end)
      parking.hold()
      map.threads.doorbell(thread).ring(0)
      parking.release()
      return new Promise(resolve => setTimeout(resolve, 5))
    },
  }
}

test('each is told when the synced end reaches it, at once where it has', async () => {
  const {told, wait, sync, held, waiters} = bench()
  await sync(10)
  wait(10)
  assert.equal(told, ['10 reached'])
  assert.is(held(), 0)
  wait(30)
  wait(20)
  assert.is(held(), 1)
  assert.ok(waiters.isWaiting)
  await sync(19)
  assert.is(told.length, 1)
  await sync(25)
  assert.equal(told.slice(1), ['20 reached'])
  await sync(30)
  assert.equal(told.slice(2), ['30 reached'])
  assert.is(held(), 0)
  assert.not(waiters.isWaiting)
})

for (const [what, end, code] of [
  ['a failed sync', (map: LogMap) => map.replica.publishState(STATE.failed), 'KAFKA_STORAGE_ERROR'],
  ['a closed log', (map: LogMap) => map.replica.publishState(STATE.closed), 'LOG_CLOSED'],
  ['a crash', (map: LogMap) => map.publishReplicaDied(), 'REPLICA_CRASHED'],
] as const) {
  test(`${what} fails those who wait and whoever comes later, but not those who were reached`, async () => {
    const {told, wait, sync, map, held} = bench()
    wait(10)
    wait(20)
    end(map)
    await sync(10)
    wait(30)
    wait(5)
    assert.equal(told, ['10 reached', `20 ${code}`, `30 ${code}`, '5 reached'])
    assert.is(held(), 0)
  })
}

test('close tells everybody how it ended', async () => {
  const {told, wait, map, waiters, held} = bench()
  wait(10)
  wait(20)
  map.replica.publishSyncedEnd(10)
  waiters.close()
  wait(30)
  wait(10)
  assert.equal(told, ['10 reached', '20 LOG_CLOSED', '30 LOG_CLOSED', '10 reached'])
  assert.is(held(), 0)
})

test.run()
