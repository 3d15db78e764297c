import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Cluster} from '../cluster.ts'
import {KafkaAdmin} from './admin.ts'
import {createLogger} from './logger.ts'
import type {Admin} from './types.ts'

const TOPIC = {topicId: 'i', name: 't', partitions: [{replicas: [1], isr: [1], leader: 1}]}
/** What the cluster's admin and groups answer. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  listTopics: [{name: 't'}],
  describeTopics: [TOPIC],
  describeConfigs: [{name: 'retention.ms', value: '1', source: 'topic'}],
  describeCluster: {brokers: [], holder: 1},
  listReassignments: [],
  ListGroups: {errorCode: 'NONE', groups: []},
  DescribeGroups: {groups: [{errorCode: 'NONE', groupId: 'g', groupState: 'Empty', members: []}]},
  DeleteGroups: {results: []},
  OffsetFetch: {
    groups: [
      {
        errorCode: 'NONE',
        topics: [{name: 't', partitions: [{partitionIndex: 0, committedOffset: -1, errorCode: 'NONE'}]}],
      },
    ],
  },
  OffsetCommit: {topics: []},
}

/** A cluster that answers everything, and notes what it was asked and with which signal. */
function clusterThatNotes() {
  const asked: [name: string, signal: AbortSignal | undefined][] = []
  const take = async (name: string, options: unknown): Promise<unknown> => {
    const {signal} = (options ?? {}) as {signal?: AbortSignal}
    asked.push([name, signal])
    return ANSWERS[name]
  }
  const admin = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          take(String(name), args.at(-1)),
    },
  )
  const groups = {request: (api: string, _: unknown, options: unknown) => take(api, options)}
  const door = {partition: 0, logStartOffset: 0, highWatermark: 1, offsetForTimestamp() {}, close: async () => {}}
  const cluster = {admin, groups, handle: {clusterId: 'c'}, requireOpen() {}, openPartition: async () => door}
  return {asked, source: {open: async () => cluster as unknown as Cluster, release: async () => {}}}
}

async function connected(source: ReturnType<typeof clusterThatNotes>['source']): Promise<KafkaAdmin> {
  const admin = new KafkaAdmin(source, createLogger(0))
  await admin.connect()
  return admin
}

const OFFSETS = {groupId: 'g', topic: 't'}
const RESOURCES = [{type: 2, name: 't', configEntries: [{name: 'retention.ms', value: '2'}]}]
const REASSIGNED = [0, 1].map(partition => ({partition, replicas: [1]}))

const CALLS: Readonly<Record<string, (admin: Admin, signal: AbortSignal) => Promise<unknown>>> = {
  listTopics: (admin, signal) => admin.listTopics({signal}),
  createTopics: (admin, signal) => admin.createTopics({topics: [{topic: 't'}], signal}),
  deleteTopics: (admin, signal) => admin.deleteTopics({topics: ['t'], signal}),
  createPartitions: (admin, signal) => admin.createPartitions({topicPartitions: [{topic: 't', count: 2}], signal}),
  fetchTopicMetadata: (admin, signal) => admin.fetchTopicMetadata({signal}),
  fetchTopicOffsets: (admin, signal) => admin.fetchTopicOffsets('t', {signal}),
  fetchTopicOffsetsByTimestamp: (admin, signal) => admin.fetchTopicOffsetsByTimestamp('t', undefined, {signal}),
  fetchOffsets: (admin, signal) => admin.fetchOffsets({groupId: 'g', topics: ['t'], resolveOffsets: true, signal}),
  fetchLag: (admin, signal) => admin.fetchLag({groupId: 'g', signal}),
  setOffsets: (admin, signal) => admin.setOffsets({...OFFSETS, partitions: [{partition: 0, offset: '0'}], signal}),
  resetOffsets: (admin, signal) => admin.resetOffsets({...OFFSETS, earliest: true, signal}),
  describeCluster: (admin, signal) => admin.describeCluster({signal}),
  describeConfigs: (admin, signal) => admin.describeConfigs({resources: RESOURCES, includeSynonyms: false, signal}),
  alterConfigs: (admin, signal) => admin.alterConfigs({resources: RESOURCES, validateOnly: false, signal}),
  listGroups: (admin, signal) => admin.listGroups({signal}),
  deleteGroups: (admin, signal) => admin.deleteGroups(['g'], {signal}),
  describeGroups: (admin, signal) => admin.describeGroups(['g'], {signal}),
  alterPartitionReassignments: (admin, signal) =>
    admin.alterPartitionReassignments({topics: [{topic: 't', partitionAssignment: REASSIGNED}], signal}),
  listPartitionReassignments: (admin, signal) => admin.listPartitionReassignments({signal}),
}

test('whatever a call asks of the cluster has its signal: once that aborts, nothing is asked for again', async () => {
  const {signal} = new AbortController()
  for (const [name, call] of Object.entries(CALLS)) {
    const {asked, source} = clusterThatNotes()
    await call(await connected(source), signal)
    assert.ok(asked.length > 0, name)
    for (const [what, given] of asked) assert.is(given, signal, `${name} asks ${what}`)
  }
})

test.run()
