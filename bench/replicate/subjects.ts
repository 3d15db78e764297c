import type {Cluster, Durability, Partition} from '../../index.ts'
import {Contents} from '../append/contents.ts'
import type {Amount} from '../append/odradek.ts'
import {type Payload, valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {type Pace, pace} from '../harness/pace.ts'
import {Latencies} from '../limits/limit.ts'

const MIB = 1024 * 1024

interface Place {
  readonly cluster: Cluster
  readonly replicas: number
  readonly level: Durability
}

/** Appends in a loop; the clock stops when every replica has acknowledged. */
export function appendReplicated(
  name: string,
  {payload, amount, ...place}: Place & {payload: Payload; amount: Amount},
): Subject {
  const {before, count} = amount
  return {
    name,
    fileBytes: (before + count) * payload.recordBytes * place.replicas,
    round: () =>
      useTopic(place, async partition => {
        await appendAll(partition, payload, 0, before)
        const startMs = performance.now()
        await appendAll(partition, payload, before, before + count)
        const seconds = (performance.now() - startMs) / 1000
        readBack(partition, before).expect(name, payload, {first: before, count})
        const bytes = count * payload.recordBytes
        return [{what: `${payload.name}, ${place.level}`, unit: 'MiB/s', value: bytes / MIB / seconds}]
      }),
  }
}

/** Sends records at planned times; each record's acknowledgement is waited for. */
export function ackOpenLoop(name: string, {load, ...place}: Place & {load: Pace}): Subject {
  const value = new Uint8Array(100)
  return {
    name,
    round: () =>
      useTopic(place, async partition => {
        const latencies = new Latencies()
        const acks: Promise<void>[] = []
        await pace(load, (i, plannedNs) => {
          const ack = partition.send(value)
          acks.push(i < load.count / 2 ? ack.then(() => {}) : ack.then(() => latencies.sinceNumber(plannedNs)))
        })
        await Promise.all(acks)
        expectSame(`${name}, records acknowledged`, partition.highWatermark, load.count)
        return latencies.measures(`${load.perSecond / 1000} k records/s, ${place.level}`)
      }),
  }
}

async function useTopic(place: Place, work: (partition: Partition) => Promise<Measure[]>): Promise<Measure[]> {
  const {cluster, replicas, level} = place
  const name = `replicas-${replicas}`
  const configs = {durability: level}
  await cluster.admin.createTopics([{name, numPartitions: 1, replicationFactor: replicas, configs}])
  const partition = await cluster.partition(name)
  const measures = await work(partition)
  await expectCopies(place, name, partition.logEndOffset)
  await partition.close()
  await cluster.admin.deleteTopics([name])
  return measures
}

async function expectCopies({cluster, replicas, level}: Place, topic: string, end: number): Promise<void> {
  const {partitions} = cluster.metrics()
  const found = partitions.find(partition => partition.topic === topic)!
  expectSame('replicas', found.replicas.length, replicas)
  for (const replica of found.replicas) {
    expectSame(`end of the replica on broker ${replica.broker}`, replica.logEndOffset, end)
    if (level === 'synced') expectSame(`synced by broker ${replica.broker}`, replica.syncedOffset, end)
  }
}

async function appendAll(partition: Partition, payload: Payload, from: number, end: number): Promise<void> {
  const {values} = payload
  for (let i = from; i < end; i++) {
    if (!partition.append(values[valueIndex(i)]!)) await partition.drained()
  }
  await partition.flush()
}

function readBack(partition: Partition, from: number): Contents {
  const contents = new Contents()
  const reader = partition.reader({from})
  reader.poll(record => {
    record.copyValue(contents.bytes, contents.next(record.valueLength))
  })
  reader.close()
  return contents
}
