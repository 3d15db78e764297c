/** What `odradek/testing` generates: plans are the same for a seed, keep to their cluster, and end with everything put right. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type FaultPlan, type FaultyCluster, faultPlan, faultPlans, runFaults, sends, simulateCluster} from '../index.ts'

function keepsTo(plan: FaultPlan, brokers: number, coordinators: number): void {
  for (const step of plan) {
    if (step.type === 'kill coordinator') assert.ok(step.coordinator >= 1 && step.coordinator <= coordinators)
    else assert.ok(step.broker >= 1 && step.broker <= brokers)
    assert.ok(step.ms >= 1 && step.ms <= 10)
  }
}

test('a seed gives one plan, for the cluster it is about', () => {
  const kinds = new Set<string>()
  for (let seed = 1; seed <= 50; seed++) {
    const shape = {brokers: 3, coordinators: 3, msMax: 10, seed}
    const plan = faultPlan(shape)
    assert.equal(faultPlan(shape), plan)
    keepsTo(plan, 3, 3)
    for (const {type} of plan) kinds.add(type)
  }
  assert.is(kinds.size, 5)
  assert.not.ok(faultPlan({brokers: 1, seed: 3, steps: 100}).some(({type}) => type === 'kill coordinator'))
})

test('generated plans and sends keep to what was asked', () => {
  fc.assert(
    fc.property(faultPlans({brokers: 2, coordinators: 3, msMax: 10}), plan => keepsTo(plan, 2, 3)),
    {numRuns: 50},
  )
  const asked = sends({topics: ['a', 'b'], partitions: 3, recordsMax: 2, sendsMax: 4})
  fc.assert(
    fc.property(asked, all => {
      assert.ok(all.length >= 1 && all.length <= 4)
      for (const {topic, partition, records} of all) {
        assert.ok(['a', 'b'].includes(topic) && partition < 3 && records.length >= 1 && records.length <= 2)
      }
    }),
    {numRuns: 50},
  )
})

test('a plan that is run, or broken off, leaves nothing broken', async () => {
  const broken = new Set<string>()
  let begun = 0
  const door = (name: string) => (id: number) => ({
    kill: () => void broken.add(`${name} ${id}`),
    restart: () => void broken.delete(`${name} ${id}`),
    stall: () => {},
    stop: () => {},
  })
  const cluster = {
    broker: door('broker'),
    coordinator: door('coordinator'),
    faults: {
      disk: (id: number) => void broken.add(`disk ${id}`),
      clear: (id: number) => void broken.delete(`disk ${id}`),
    },
  } as unknown as FaultyCluster
  const plan = faultPlan({brokers: 3, coordinators: 3, steps: 20, msMax: 1, seed: 4})
  await runFaults(cluster, plan, {before: () => begun++})
  assert.is(begun, plan.length)
  assert.is(broken.size, 0)
  const abort = new AbortController()
  await runFaults(cluster, faultPlan({brokers: 3, seed: 1, msMax: 100_000}), {
    signal: abort.signal,
    before: () => setTimeout(() => abort.abort(), 5),
  })
  assert.is(broken.size, 0)
})

test('a simulated cluster has one history for a seed', async () => {
  const once = await simulateCluster(1)
  assert.ok(once.acks > 0)
  assert.equal(await simulateCluster(1), once)
})

test.run()
