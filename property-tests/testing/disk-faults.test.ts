/** Faults of a broker's disk on real threads: what they do to a cluster, and what it tells of them. */
import {setTimeout as sleep} from 'node:timers/promises'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, type DiskFault, OdradekError, openCluster, type Partition} from '../../index.ts'

const test = suite<{cluster: Cluster; orders: Partition}>('disk faults')

test.before(async context => {
  context.cluster = await openCluster({brokers: 3, durability: 'synced', sessionTimeoutMs: 5000})
  context.orders = await context.cluster.partition('orders')
  await context.orders.send('first')
})
test.after(context => context.cluster.close())

/** Looks until it is so; a fault is a letter on its way to a thread. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    assert.ok(tries < 500, 'it does not come')
    await sleep(5)
  }
}

const isrOf = (cluster: Cluster): readonly number[] => cluster.metrics().partitions[0]!.isr

test('a full disk is a typed error, and over when there is room again', async ({cluster, orders}) => {
  const broker = orders.leader!
  cluster.faults.disk(broker, {call: 'write', error: 'ENOSPC'})
  let failure: unknown
  for (let tries = 0; failure === undefined && tries < 100; tries++) {
    await orders.send('no room').catch(error => {
      failure = error
    })
  }
  assert.instance(failure, OdradekError)
  assert.is((failure as OdradekError).code, 'DISK_FULL')
  assert.match((failure as OdradekError).message, 'injected')
  cluster.faults.clear(broker)
  let stored = -1
  for (let tries = 0; stored < 0 && tries < 100; tries++)
    stored = await orders.send('room').then(
      ({baseOffset}) => baseOffset,
      () => -1,
    )
  assert.is(orders.highWatermark, stored + 1)
})

test('a slow disk is slow, as often as was asked', async ({cluster, orders}) => {
  cluster.faults.disk(orders.leader!, {call: 'sync', latencyMs: 60, count: 1})
  const took: number[] = []
  for (let i = 0; i < 20 && !took.some(ms => ms >= 60); i++) {
    const startMs = performance.now()
    await orders.send('slow')
    took.push(performance.now() - startMs)
  }
  assert.ok(took.some(ms => ms >= 60))
  cluster.faults.clear()
})

test('a broker whose disk cannot sync leaves the ISR, and does not lead again', async ({cluster, orders}) => {
  const broker = orders.leader!
  cluster.faults.disk(broker, {call: 'sync', error: 'EIO', count: 1})
  for (let i = 0; i < 100 && orders.leader === broker; i++) await orders.send(`record ${i}`)
  await until(() => !isrOf(cluster).includes(broker))
  assert.is.not(orders.leader, broker)
  assert.is(isrOf(cluster).length, 2)
  const {baseOffset} = await orders.send('after')
  assert.is(orders.highWatermark, baseOffset + 1)
})

test('what is no fault is refused', ({cluster}) => {
  const {faults} = cluster
  const refused = (broker: number, fault: object, words: RegExp): void => {
    const {code, message} = failureOf(() => faults.disk(broker, fault as DiskFault))
    assert.is(code, 'INVALID_ARGUMENT')
    assert.match(message, words)
  }
  refused(4, {error: 'EIO'}, /brokers are 1 to 3/)
  refused(1, {}, /an error, or latencyMs/)
  refused(1, {call: 'flush', error: 'EIO'}, /call is one of open, read/)
  refused(1, {error: 'EWHAT'}, /name of a system error/)
  refused(1, {error: 'EIO', probability: 2}, /from 0 to 1/)
  refused(1, {error: 'EIO', count: 0}, /from 1/)
  refused(1, {latencyMs: -1}, /from 0 to/)
  refused(1, {error: 'EIO', often: true}, /no option often/)
  assert.is(failureOf(() => faults.seed(0.5)).code, 'INVALID_ARGUMENT')
})

function failureOf(doing: () => void): OdradekError {
  try {
    doing()
  } catch (error) {
    return error as OdradekError
  }
  return assert.unreachable('it is not refused') as never
}

test.run()
