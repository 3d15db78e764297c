/**
 * What users are given for their own tests, on ourselves: a cluster of real threads, a plan of faults from a seed, producers and a consumer that
 * work meanwhile, and the checker on what they saw.
 *
 *   RUNS=100 SEED=7   how many plans, and the first seed
 */
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, openCluster, type Partition} from '../../index.ts'
import {checkHistory, type FaultPlan, faultPlan, History, runFaults} from '../index.ts'
import {runs} from '../runs.ts'

const {numRuns, seed = 1} = runs(5)
const PRODUCERS = 2
const PARTITION = 'orders-0'

for (let each = seed; each < seed + numRuns; each++) {
  test(`faults of seed ${each}: what was acknowledged is there once, in order`, async () => {
    const plan = faultPlan({seed: each, brokers: 3, coordinators: 3, steps: 6})
    const cluster = await openCluster({
      brokers: 3,
      coordinators: 3,
      sessionTimeoutMs: 300,
      topicConfigs: {'min.insync.replicas': '2'},
    })
    try {
      const history = await live(cluster, plan)
      const report = checkHistory(history.operations)
      const found = report.anomalies.slice(0, 5).map(({kind, process, what}) => `${kind} ${process ?? ''} ${what}`)
      assert.ok(report.ok, `SEED=${each}: ${JSON.stringify(plan)}\n${found.join('\n')}`)
      assert.is(report.counts.unseen, 0)
      assert.ok(report.acked > 0)
      console.log(
        `\nseed ${each}: ${report.acked} of ${report.sent} sends acknowledged, ${report.polled} records polled`,
      )
    } finally {
      await cluster.close()
    }
  })
}

/** Producers and a consumer at work while the plan happens, until all is seen that was acknowledged. */
async function live(cluster: Cluster, plan: FaultPlan): Promise<History> {
  const history = new History()
  // a topic is made while all brokers that shall have it are up
  const orders = await cluster.partition('orders')
  const doors = await Promise.all(Array.from({length: PRODUCERS}, () => cluster.partition('orders')))
  let over = false
  const faults = runFaults(cluster, plan).finally(() => {
    over = true
  })
  const producers = doors.map(async (door, producer) => {
    for (let i = 0; !over; i++) {
      const value = `${producer}: ${i}`
      await history.send(producer, PARTITION, [value], async () => (await door.send(value)).baseOffset)
      await sleep(1)
    }
    await door.close()
  })
  let end = Number.POSITIVE_INFINITY
  const consumer = consume(orders, history, () => end)
  await faults
  await Promise.all(producers)
  end = (await lastOf(orders)) + 1
  await consumer
  return history
}

/** Sends until something is stored: what was in doubt lies before it. */
async function lastOf(orders: Partition): Promise<number> {
  for (;;) {
    const offset = await orders.send('last').then(
      ({baseOffset}) => baseOffset,
      () => -1,
    )
    if (offset >= 0) return offset
    await sleep(10)
  }
}

async function consume(orders: Partition, history: History, end: () => number): Promise<void> {
  const reader = orders.reader({from: 'earliest'})
  for (let next = 0; next < end(); ) {
    const records: {offset: number; value: string}[] = []
    try {
      reader.poll(record => records.push({offset: record.offset, value: record.text() ?? ''}))
    } catch {
      // the leader's disk does not let itself be read now
    }
    history.poll(
      'consumer',
      PARTITION,
      records.filter(({value}) => value !== 'last'),
    )
    next = (records.at(-1)?.offset ?? next - 1) + 1
    await sleep(2)
  }
}

test.run()
