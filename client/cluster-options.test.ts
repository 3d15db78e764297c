import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {type ClusterOptions, resolveClusterOptions} from './cluster-options.ts'

function refused(options: unknown, words: string): void {
  assert.throws(
    () => resolveClusterOptions(options as ClusterOptions),
    (error: OdradekError) => error.code === 'INVALID_CONFIG' && error.message.includes(words),
    words,
  )
}

test('nothing given is one broker in a temporary dir that is not synced', () => {
  const resolved = resolveClusterOptions({})
  assert.equal(
    [resolved.brokers, resolved.coordinators, resolved.replicationFactor, resolved.durability, resolved.dir],
    [1, 1, 1, 'written', undefined],
  )
  assert.equal([resolved.numPartitions, resolved.autoCreateTopics, resolved.forceAgreement], [1, true, false])
  assert.equal(resolved.topicConfigs, {durability: 'written'})
})

test('a dir makes things last, brokers make replicas, dirs make brokers', () => {
  const {durability, replicationFactor} = resolveClusterOptions({dir: '/d', brokers: 5})
  assert.equal([durability, replicationFactor], ['synced', 3])
  const two = resolveClusterOptions({dirs: ['/a', new URL('file:///b')]})
  assert.equal([two.brokers, two.replicationFactor, two.durability], [2, 2, 'synced'])
  assert.is(resolveClusterOptions({dir: '/d', durability: 'written'}).topicConfigs['durability'], 'written')
})

test('topic configs become text and go before what the cluster says of durability', () => {
  const {topicConfigs} = resolveClusterOptions({
    durability: 'synced',
    topicConfigs: {'retention.ms': 5, durability: 'written', 'unclean.leader.election.enable': true},
  })
  assert.equal(topicConfigs, {durability: 'written', 'retention.ms': '5', 'unclean.leader.election.enable': 'true'})
})

test('what is undefined is as good as not given; a worker entry is taken by its address', () => {
  const resolved = resolveClusterOptions({
    brokers: undefined,
    dir: undefined,
    workerEntry: new URL('file:///thread.js'),
  } as unknown as ClusterOptions)
  assert.equal([resolved.brokers, resolved.workerEntry], [1, 'file:///thread.js'])
  assert.is(resolveClusterOptions({workerEntry: new URL('data:text/javascript,')}).workerEntry, 'data:text/javascript,')
})

test('each option says what it takes', () => {
  for (const options of [null, 3, [], 'dir']) refused(options, 'options are an object')
  refused({brokes: 1}, 'there is no option brokes; there are dir, dirs, brokers')
  const wrong: readonly (readonly [ClusterOptions | Record<string, unknown>, string])[] = [
    [{dir: ''}, 'dir is a path or a file: URL'],
    [{dirs: []}, 'dirs is a list of paths'],
    [{dirs: ['a', 5]}, 'dirs'],
    [{dirs: ['a'], brokers: 2}, '1 dirs for 2 brokers'],
    [{brokers: 65}, 'a whole number from 1 to 64'],
    [{brokers: 1.5}, 'brokers'],
    [{coordinators: 2}, 'an even number'],
    [{coordinators: 7}, 'coordinators'],
    [{replicaThreads: 257}, 'replicaThreads'],
    [{sessionTimeoutMs: 49}, 'from 50'],
    [{replicaLagTimeMaxMs: 0}, 'from 1,'],
    [{durability: 'fsync'}, "'written' or 'synced'"],
    [{numPartitions: 0}, 'numPartitions'],
    [{replicationFactor: 8, brokers: 9}, 'from 1 to 7'],
    [{replicationFactor: 2}, 'replicationFactor is 2, with 1 brokers'],
    [{autoCreateTopics: 'no'}, 'true or false'],
    [{topicConfigs: []}, 'topicConfigs is an object'],
    [{topicConfigs: null}, 'topicConfigs'],
    [{retentionCheckMs: 0}, 'retentionCheckMs'],
    [{bufferMemory: -1}, 'bufferMemory'],
    [{deliveryTimeoutMs: 2 ** 31}, 'deliveryTimeoutMs'],
    [{forceAgreement: 1}, 'forceAgreement'],
    [{workerEntry: 'thread.js'}, 'workerEntry is a URL'],
    [{workerEntry: new URL('http://a/')}, 'workerEntry'],
    [{workerEntry: null}, 'workerEntry'],
  ]
  for (const [options, words] of wrong) refused(options, words)
})

test.run()
