import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import {MemoryDisk} from '../property-tests/simulation/memory-disk.ts'
import {BrokerDir} from './broker-dir.ts'
import type {ClusterConfig} from './cluster-config.ts'
import {Hosting} from './hosting.ts'

const CONFIG: ClusterConfig = {
  clusterId: 'c',
  startId: 's',
  brokerDirs: ['', '/broker-1'],
  coordinatorDirs: ['', '/coordinator-1'],
  quarantineDirs: ['', '/quarantine/broker-1'],
  durability: 'written',
  sessionTimeoutMs: 1000,
  replicaLagTimeMaxMs: 1000,
  retentionCheckMs: 300_000,
  numPartitions: 1,
  replicationFactor: 1,
  autoCreateTopics: false,
  openFilesMax: 100,
  topicDefaults: {},
}

/** A broker with one host, which has two replicas, in rows 0 and 1. */
function bed() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  const storage = new MemoryDisk()
  const dir = new BrokerDir(storage, '/broker-1', {
    clusterId: 'c',
    nodeId: 1,
    randomBytes: length => new Uint8Array(length).fill(7),
  })
  const starts: number[] = []
  const hosting = new Hosting({
    broker: 1,
    map,
    config: CONFIG,
    dir,
    starter: {start: host => void starts.push(host)},
    send: () => {},
  })
  const image = new MetadataImage()
  image.apply({type: 'brokerRegistered', broker: 1, incarnation: 1, directoryId: 'd', intact: true})
  image.apply({type: 'topicCreated', name: 't', topicId: 'T'.repeat(22), assignments: [[1], [1]], config: {}})
  for (const row of [0, 1]) hosting.update(image, row)
  const crash = (row: number, nowMs: number) => {
    map.host(0).publishWorkingOn(row)
    hosting.hostEnded(0, nowMs, true)
  }
  return {map, hosting, starts, crash, state: (row: number) => map.row(row).replica(0).state}
}

test('a replica that two threads died of stays out, whatever the next one dies of', () => {
  const {crash, state} = bed()
  crash(0, 1)
  assert.is(state(0), STATE.starting)
  crash(0, 2)
  assert.equal([state(0), state(1)], [STATE.failed, STATE.starting])
  crash(1, 3)
  crash(-1, 4)
  assert.equal([state(0), state(1)], [STATE.failed, STATE.starting])
})

test('a host that crashes again and again is left alone for longer each time; one that ran for long begins at once', () => {
  const {crash, hosting, starts} = bed()
  let nowMs = 0
  const waits: number[] = []
  const crashAndWait = () => {
    crash(-1, nowMs)
    const before = starts.length
    const fromMs = nowMs
    while (starts.length === before) hosting.restart(++nowMs)
    waits.push(nowMs - fromMs)
  }
  for (let i = 0; i < 4; i++) crashAndWait()
  assert.equal(waits, [10, 20, 40, 80])
  nowMs += 60_000
  crashAndWait()
  assert.is(waits.at(-1), 10)
})

test.run()
