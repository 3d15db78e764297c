/** What brokers answer to clients who look at a cluster, and change it, over the wire: on a whole cluster in one thread. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {WireApi, WireRequest} from '../../engine/wire/apis.ts'
import {NO_UUID} from '../../engine/wire/field.ts'
import {type Heard, type Loose, WireDoor} from '../wire/wire-door.ts'
import {ClusterBed} from './bed.ts'

const BROKERS = 2
const bed = new ClusterBed({brokers: BROKERS})
const door = new WireDoor(bed, BROKERS)

function ask<Api extends WireApi>(api: Api, version: number, body: Loose<WireRequest<Api>>, broker = 1) {
  return door.ask(broker, api, version, body)
}

const create = (topics: Loose<WireRequest<'CreateTopics'>>['topics'], validateOnly = false) =>
  ask('CreateTopics', 7, {topics, timeoutMs: 10_000, validateOnly}).topics

test('brokers are told with the host by which their client came', () => {
  const {brokers, clusterId, controllerId} = ask('Metadata', 8, {topics: []})
  assert.equal(brokers, [
    {nodeId: 1, host: 'here', port: 9001, rack: null},
    {nodeId: 2, host: 'here', port: 9002, rack: null},
  ])
  assert.equal([clusterId, controllerId], [bed.process.config.clusterId, 1])
})

test('a topic is made, told of, and taken away, by its name or its id', () => {
  const [made] = create([
    {name: 'made', numPartitions: 2, replicationFactor: 2, configs: [{name: 'retention.ms', value: '5'}]},
  ])
  assert.equal([made!.errorCode, made!.numPartitions, made!.replicationFactor], ['NONE', 2, 2])
  const retention = made!.configs.find(({name}) => name === 'retention.ms')!
  assert.equal([retention.value, retention.configSource], ['5', 1])
  const named = ask('Metadata', 12, {topics: [{name: 'made', topicId: NO_UUID}]}).topics[0]!
  assert.equal([named.errorCode, named.topicId, named.partitions.length], ['NONE', made!.topicId, 2])
  const [first] = named.partitions
  assert.equal([first!.errorCode, first!.replicaNodes.length, first!.isrNodes.length], ['NONE', 2, 2])
  assert.ok(first!.leaderEpoch > 0)
  assert.is(ask('Metadata', 12, {topics: [{name: null, topicId: made!.topicId}]}).topics[0]!.name, 'made')
  const deleted = (version: number, body: Loose<WireRequest<'DeleteTopics'>>) =>
    ask('DeleteTopics', version, {timeoutMs: 10_000, ...body}).responses.map(({name, errorCode}) => [name, errorCode])
  assert.equal(deleted(6, {topics: [{name: null, topicId: made!.topicId}]}), [['made', 'NONE']])
  create([{name: 'made', numPartitions: 1, replicationFactor: 1}])
  assert.equal(deleted(5, {topicNames: ['made', 'u']}), [
    ['made', 'NONE'],
    ['u', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ])
  assert.equal(deleted(5, {topicNames: ['u', 'u']}), [
    ['u', 'INVALID_REQUEST'],
    ['u', 'INVALID_REQUEST'],
  ])
  assert.equal(deleted(6, {topics: [{name: null, topicId: made!.topicId}]}), [[null, 'UNKNOWN_TOPIC_ID']])
})

test('what is not there is told as such; nothing is made by asking unless the cluster says so', () => {
  const codes = (names: readonly string[], allowAutoTopicCreation: boolean): string[] =>
    ask('Metadata', 4, {topics: names.map(name => ({name})), allowAutoTopicCreation}).topics.map(
      ({errorCode}) => errorCode,
    )
  assert.equal(codes(['u', 'no/topic'], false), ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'])
  const made = bed.process.config.autoCreateTopics ? 'NONE' : 'UNKNOWN_TOPIC_OR_PARTITION'
  assert.equal(codes(['by-asking'], true), [made])
  assert.is(
    ask('Metadata', 10, {topics: [{name: null, topicId: 'x'.repeat(21).concat('A')}]}).topics[0]!.errorCode,
    'UNKNOWN_TOPIC_ID',
  )
})

test('all topics are an empty list in the first version, and null later', () => {
  create([{name: 'all', numPartitions: 1, replicationFactor: 1}])
  for (const [version, topics] of [
    [0, []],
    [1, null],
  ] as const)
    assert.ok(ask('Metadata', version, {topics}).topics.some(({name}) => name === 'all'))
  assert.equal(ask('Metadata', 1, {topics: []}).topics, [])
  const asked = {topics: null, includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true}
  const told = ask('Metadata', 8, asked)
  assert.equal([told.topics[0]!.topicAuthorizedOperations, told.clusterAuthorizedOperations], [3576, 7584])
  assert.is(ask('Metadata', 8, {topics: null}).clusterAuthorizedOperations, -2147483648)
})

test('what cannot be made is refused, each for itself', () => {
  create([{name: 'there', numPartitions: 1, replicationFactor: 1}])
  const assignments = (...indexes: number[]) => indexes.map(partitionIndex => ({partitionIndex, brokerIds: [1]}))
  const one = {numPartitions: 1, replicationFactor: 1}
  const outcomes = create([
    {name: 'there', ...one},
    {name: 'no/topic', ...one},
    {name: 'twice', ...one},
    {name: 'twice', ...one},
    {name: 'few', numPartitions: 1, replicationFactor: 3},
    {name: 'gap', numPartitions: -1, replicationFactor: -1, assignments: assignments(0, 2)},
    {name: 'both', ...one, assignments: assignments(0)},
    {name: 'nothing', ...one, configs: [{name: 'retention.ms', value: null}]},
    {name: 'odd', ...one, configs: [{name: 'what', value: '1'}]},
    {name: 'fine', numPartitions: -1, replicationFactor: -1, assignments: assignments(1, 0)},
  ])
  assert.equal(
    outcomes.map(({errorCode}) => errorCode),
    [
      ...['TOPIC_ALREADY_EXISTS', 'INVALID_TOPIC_EXCEPTION', 'INVALID_REQUEST', 'INVALID_REQUEST'],
      ...['INVALID_REPLICATION_FACTOR', 'INVALID_REPLICA_ASSIGNMENT', 'INVALID_REQUEST', 'INVALID_CONFIG'],
      ...['INVALID_CONFIG', 'NONE'],
    ],
  )
  assert.is(outcomes.at(-1)!.numPartitions, 2)
  assert.equal(
    create([
      {name: 'x', ...one},
      {name: 'x', ...one},
    ]).map(({errorCode}) => errorCode),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  )
})

test('what is only tried is not done', () => {
  const [tried] = create([{name: 'tried', numPartitions: 3, replicationFactor: 1}], true)
  assert.equal([tried!.errorCode, tried!.numPartitions, tried!.topicId], ['NONE', 3, NO_UUID])
  assert.is(bed.process.brokers.get(1)!.image.topicNamed('tried'), undefined)
})

test('partitions are added', () => {
  create([{name: 'grows', numPartitions: 1, replicationFactor: 1}])
  const grow = (topics: Loose<WireRequest<'CreatePartitions'>>['topics']) =>
    ask('CreatePartitions', 3, {topics, timeoutMs: 10_000}).results.map(({errorCode}) => errorCode)
  assert.equal(
    grow([
      {name: 'grows', count: 3, assignments: null},
      {name: 'u', count: 3, assignments: null},
    ]),
    ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
  )
  assert.equal(grow([{name: 'grows', count: 4, assignments: [{brokerIds: [2]}]}]), ['NONE'])
  assert.equal(grow([{name: 'grows', count: 4, assignments: null}]), ['INVALID_PARTITIONS'])
  assert.equal(
    grow([
      {name: 'grows', count: 5},
      {name: 'grows', count: 6},
    ]),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  )
  assert.is(ask('Metadata', 1, {topics: [{name: 'grows'}]}).topics[0]!.partitions.length, 4)
})

const TOPIC = 2
const BROKER = 4

function configs(name: string, keys: readonly string[] | null, resourceType = TOPIC, broker = 1) {
  const resources = [{resourceType, resourceName: name, configurationKeys: keys}]
  const [result] = ask('DescribeConfigs', 4, {resources, includeSynonyms: true}, broker).results
  if (result!.errorCode !== 'NONE') return result!.errorCode
  return Object.fromEntries(result!.configs.map(each => [each.name, [each.value, each.configSource, each.readOnly]]))
}

test('configs of topics are told, set one by one, and all anew', () => {
  create([{name: 'c', numPartitions: 1, replicationFactor: 1, configs: [{name: 'retention.ms', value: '5'}]}])
  const keys = ['retention.ms', 'cleanup.policy']
  assert.equal(configs('c', keys), {'cleanup.policy': ['delete', 5, false], 'retention.ms': ['5', 1, false]})
  assert.ok(Object.keys(configs('c', null)).length > 10)
  const change = (
    name: string,
    configOperation: number,
    value: string | null,
    resourceName = 'c',
    resourceType = TOPIC,
  ) => {
    const resources = [{resourceType, resourceName, configs: [{name, configOperation, value}]}]
    return ask('IncrementalAlterConfigs', 1, {resources}).responses[0]!.errorCode
  }
  assert.equal([change('retention.ms', 1, null), change('cleanup.policy', 2, 'compact')], ['NONE', 'NONE'])
  assert.equal(configs('c', ['cleanup.policy']), {'cleanup.policy': ['delete,compact', 1, false]})
  assert.is(change('cleanup.policy', 3, 'delete'), 'NONE')
  assert.equal(configs('c', ['cleanup.policy']), {'cleanup.policy': ['compact', 1, false]})
  assert.is(change('min.insync.replicas', 0, '2'), 'NONE')
  assert.equal(
    [
      change('retention.ms', 2, '1'),
      change('retention.ms', 0, null),
      change('retention.ms', 9, '1'),
      change('what', 0, '1'),
    ],
    ['INVALID_CONFIG', 'INVALID_CONFIG', 'INVALID_REQUEST', 'INVALID_CONFIG'],
  )
  assert.equal(
    [change('x', 0, '1', 'u'), change('x', 0, '1', '1', BROKER)],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_REQUEST'],
  )
  const twice = {
    resourceType: TOPIC,
    resourceName: 'c',
    configs: [
      {name: 'a', value: '1'},
      {name: 'a', value: '1'},
    ],
  }
  assert.is(ask('IncrementalAlterConfigs', 1, {resources: [twice]}).responses[0]!.errorCode, 'INVALID_REQUEST')
  const set = (...all: {name: string; value: string | null}[]) =>
    ask('AlterConfigs', 2, {resources: [{resourceType: TOPIC, resourceName: 'c', configs: all}]}).responses[0]!
      .errorCode
  assert.is(set({name: 'retention.ms', value: '7'}), 'NONE')
  assert.equal(configs('c', [...keys, 'min.insync.replicas']), {
    'cleanup.policy': ['delete', 5, false],
    'min.insync.replicas': ['1', 5, false],
    'retention.ms': ['7', 1, false],
  })
  assert.is(set({name: 'retention.ms', value: null}), 'INVALID_CONFIG')
  const again = {resourceType: TOPIC, resourceName: 'c'}
  assert.is(ask('AlterConfigs', 2, {resources: [again, again]}).responses[1]!.errorCode, 'INVALID_REQUEST')
})

test('configs of a broker are told by itself, and stay', () => {
  const told = configs('1', ['broker.id', 'log.dirs'], BROKER)
  assert.equal(told, {'broker.id': ['1', 4, true], 'log.dirs': [bed.process.config.brokerDirs[1], 4, true]})
  assert.equal([configs('', null, BROKER), configs('1', null, BROKER, 2)], [{}, 'INVALID_REQUEST'])
  assert.equal([configs('u', null), configs('1', null, 8)], ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_REQUEST'])
})

test('each producer gets an id of its own, at whichever broker', () => {
  const next = (broker: number) => {
    const {errorCode, producerId, producerEpoch} = ask('InitProducerId', 5, {transactionalId: null}, broker)
    assert.equal([errorCode, producerEpoch], ['NONE', 0])
    return producerId
  }
  const ids = [next(1), next(2), next(1), next(2)]
  assert.is(new Set(ids).size, ids.length)
  assert.is(ask('InitProducerId', 5, {transactionalId: 'x'}).errorCode, 'INVALID_REQUEST')
})

test('leaders are elected where they are not the preferred ones', () => {
  create([{name: 'e', numPartitions: -1, replicationFactor: -1, assignments: [{partitionIndex: 0, brokerIds: [1]}]}])
  const elect = (topicPartitions: Loose<WireRequest<'ElectLeaders'>>['topicPartitions'], electionType = 0) =>
    ask('ElectLeaders', 2, {electionType, topicPartitions, timeoutMs: 10_000})
  const [e] = elect([{topic: 'e', partitions: [0, 1]}]).replicaElectionResults
  assert.equal(
    e!.partitionResult.map(({errorCode}) => errorCode),
    ['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION'],
  )
  assert.is(elect(null).errorCode, 'NONE')
  assert.is(elect(null, 7).errorCode, 'INVALID_REQUEST')
})

test('partitions move to other brokers', () => {
  create([{name: 'm', numPartitions: -1, replicationFactor: -1, assignments: [{partitionIndex: 0, brokerIds: [1]}]}])
  const move = (replicas: readonly number[] | null, allowReplicationFactorChange = true, partitionIndex = 0) => {
    const topics = [{name: 'm', partitions: [{partitionIndex, replicas}]}]
    const told = ask('AlterPartitionReassignments', 1, {topics, allowReplicationFactorChange, timeoutMs: 10_000})
    return told.responses[0]!.partitions[0]!.errorCode
  }
  assert.equal(
    [move([1, 2], false), move([2], true, 1), move(null)],
    ['INVALID_REPLICATION_FACTOR', 'UNKNOWN_TOPIC_OR_PARTITION', 'NO_REASSIGNMENT_IN_PROGRESS'],
  )
  assert.is(move([2]), 'NONE')
  const listed = (topics: Loose<WireRequest<'ListPartitionReassignments'>>['topics']) =>
    ask('ListPartitionReassignments', 0, {topics, timeoutMs: 10_000}).topics
  const [m] = listed([{name: 'm', partitionIndexes: [0]}])
  if (m !== undefined) assert.equal(m.partitions[0]!.addingReplicas, [2])
  door.until('it has moved', () => listed(null).length === 0)
  assert.equal(ask('Metadata', 1, {topics: [{name: 'm'}]}).topics[0]!.partitions[0]!.replicaNodes, [2])
})

test('the cluster as it stands, with whoever is away', () => {
  const told = (version: number, options: Loose<WireRequest<'DescribeCluster'>> = {}) =>
    ask('DescribeCluster', version, options)
  assert.equal(
    told(1).brokers.map(({brokerId, port}) => [brokerId, port]),
    [
      [1, 9001],
      [2, 9002],
    ],
  )
  assert.is(told(1, {endpointType: 2}).errorCode, 'MISMATCHED_ENDPOINT_TYPE')
  bed.process.map.broker(2).publishPort(0)
  assert.equal(told(2).brokers.length, 1)
  assert.equal(
    told(2, {includeFencedBrokers: true}).brokers.map(({brokerId, isFenced}) => [brokerId, isFenced]),
    [
      [1, false],
      [2, true],
    ],
  )
  bed.process.map.broker(2).publishPort(9002)
  assert.is(told(1, {includeClusterAuthorizedOperations: true}).clusterAuthorizedOperations, 7584)
})

test('a broker’s dir, and what is in it', () => {
  create([
    {
      name: 'd',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [
        {partitionIndex: 0, brokerIds: [1]},
        {partitionIndex: 1, brokerIds: [2]},
      ],
    },
  ])
  const dirs = (topics: Loose<WireRequest<'DescribeLogDirs'>>['topics']) =>
    ask('DescribeLogDirs', 4, {topics}).results[0]!
  const told = dirs([{topic: 'd', partitions: [0, 1]}])
  assert.equal([told.logDir, told.totalBytes], [bed.process.config.brokerDirs[1], -1])
  assert.equal(
    told.topics.map(({name, partitions}) => [name, partitions.map(each => each.partitionIndex)]),
    [['d', [0]]],
  )
  assert.equal(dirs([{topic: 'd', partitions: [1]}]).topics, [])
  assert.ok(dirs(null).topics.length > 1)
})

type Cursor = WireRequest<'DescribeTopicPartitions'>['cursor']

test('many partitions are told of in several answers, one behind the other', () => {
  for (const name of ['p1', 'p2']) create([{name, numPartitions: 3, replicationFactor: 1}])
  const topics = [{name: 'p2'}, {name: 'no/topic'}, {name: 'p1'}, {name: 'pu'}]
  const told: unknown[] = []
  let cursor: Cursor = null
  do {
    const asked: Loose<WireRequest<'DescribeTopicPartitions'>> = {topics, responsePartitionLimit: 2, cursor}
    const answer: Heard<'DescribeTopicPartitions'> = ask('DescribeTopicPartitions', 0, asked)
    for (const {name, errorCode, partitions} of answer.topics)
      told.push(errorCode === 'NONE' ? [name, ...partitions.map(each => each.partitionIndex)] : [name, errorCode])
    cursor = answer.nextCursor as Cursor
  } while (cursor !== null)
  assert.equal(told, [
    ...[
      ['no/topic', 'INVALID_TOPIC_EXCEPTION'],
      ['p1', 0, 1],
      ['p1', 2],
      ['p2', 0],
      ['p2', 1, 2],
    ],
    ['pu', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ])
  assert.ok(ask('DescribeTopicPartitions', 0, {topics: []}).topics.length > 2)
})

test('without coordinators a change is not done, and told so in time', () => {
  bed.killCoordinator()
  const pending = door.begin(1, 'CreateTopics', 7, {
    topics: [{name: 'late', numPartitions: 1, replicationFactor: 1}],
    timeoutMs: 300,
  })
  door.until('its time is over', () => pending.heard !== undefined)
  assert.is(pending.heard!.topics[0]!.errorCode, 'REQUEST_TIMED_OUT')
  for (const [api, body] of [
    ['DeleteTopics', {topicNames: ['d'], timeoutMs: 10}],
    ['CreatePartitions', {topics: [{name: 'd', count: 9, assignments: null}], timeoutMs: 10}],
    ['ElectLeaders', {topicPartitions: null, timeoutMs: 10}],
    ['AlterPartitionReassignments', {topics: [], timeoutMs: 10}],
    ['ListPartitionReassignments', {topics: null, timeoutMs: 10}],
  ] as const)
    assert.match(
      JSON.stringify(ask(api, api === 'DeleteTopics' ? 5 : 0, body as never)),
      api === 'ElectLeaders' ? /\[\]/ : /REQUEST_TIMED_OUT/,
    )
})

test.run()
