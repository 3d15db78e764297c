import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {AdminRequest, AnswerBody} from '../engine/coordinator/requests.ts'
import type {ClientLetter, ClientRequest} from './broker-letters.ts'
import {ClientRequests} from './client-requests.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {CoordinatorCalls} from './coordinator-calls.ts'

const CLIENT = 'client-7'
const VISIBLE_MS_MAX = 30_000

type Told = Extract<ClientLetter, {type: 'told'}>

/** What clients ask of broker 1, with the test in the place of the coordinators. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 2, hostsABroker: 1})
  readonly image = new MetadataImage()
  readonly told: (Told & {to: string})[] = []
  readonly asked: {request: AdminRequest; answer: (answer: Omit<AnswerBody, 'id' | 'type'>) => void}[] = []
  readonly requests: ClientRequests
  nowMs = 0

  constructor(config: Partial<ClusterConfig> = {}) {
    const mailbox = {
      address: 'broker-1',
      send: (to: string, letter: unknown) => void this.told.push({...(letter as Told), to}),
      receive: () => undefined,
    }
    const calls = {
      ask: (request: AdminRequest, _nowMs: number, answered: (answer: AnswerBody) => void) =>
        this.asked.push({request, answer: answer => answered({type: 'answer', id: 0, ...answer} as AnswerBody)}),
    } as unknown as CoordinatorCalls
    this.requests = new ClientRequests(this.map, mailbox, calls, {
      config: {autoCreateTopics: true, ...config} as ClusterConfig,
      randomBytes: length => new Uint8Array(length).fill(1),
    })
    this.#broker(1)
    this.#broker(2)
  }

  #broker(id: number): void {
    this.map.broker(id).startAnew(0)
    this.map.broker(id).publishState(THREAD.running)
    this.image.apply({type: 'brokerRegistered', broker: id, incarnation: 1, directoryId: `d${id}`, intact: true})
  }

  create(name: string, partitions = 1): void {
    const assignments = Array.from({length: partitions}, () => [1])
    this.image.apply({type: 'topicCreated', name, topicId: `id-of-${name}`, assignments, config: {}})
    this.map.growTo(this.image.nextRow)
  }

  /** Its leader serves, from here on. */
  serve(row: number): void {
    const partition = this.map.row(row)
    const {leaderEpoch} = partition.leadership
    const next = {leaderEpoch: leaderEpoch + 1, version: 0, leader: 0, isr: 1, deleted: false}
    partition.exchangeLeadership(partition.word, next)
    partition.replica(0).publishFollowedEpoch(next.leaderEpoch)
  }

  ask(request: ClientRequest, id = 1): void {
    this.requests.ask(CLIENT, {type: 'ask', id, request, deadlineMs: 60_000})
    this.round()
  }

  round(): number {
    return this.requests.round(this.image, this.nowMs)
  }

  get outcomes(): unknown[] {
    return this.told.map(letter => ('error' in letter ? letter.error : letter.result))
  }
}

test('a topic that is deleted while its leader is waited for is not there', () => {
  const bed = new Bed()
  bed.create('t')
  bed.ask({type: 'topic', name: 't', create: true, partition: 0})
  assert.is(bed.told.length, 0)
  bed.image.apply({type: 'topicDeleted', topicId: 'id-of-t'})
  bed.round()
  assert.equal(bed.outcomes, ['UNKNOWN_TOPIC_OR_PARTITION'])
})

test('what the coordinators answer is told once every broker that is there has taken it in', () => {
  const bed = new Bed()
  bed.ask({type: 'deleteTopics', topics: [{name: 't'}]}, 5)
  bed.asked[0]!.answer({end: 9, result: [{}]} as never)
  bed.map.broker(1).publishApplied(9)
  bed.map.broker(2).publishApplied(8)
  bed.round()
  assert.equal([bed.told.length, bed.requests.dueInMs(bed.nowMs)], [0, 1])
  bed.map.broker(2).publishApplied(9)
  assert.is(bed.round(), 1)
  assert.equal(bed.told, [{type: 'told', id: 5, result: [{}], to: CLIENT}])
  assert.is(bed.requests.dueInMs(bed.nowMs), Number.POSITIVE_INFINITY)
})

test('what is not to be seen for long is looked for less often', () => {
  const bed = new Bed()
  bed.ask({type: 'deleteTopics', topics: [{name: 't'}]})
  bed.asked[0]!.answer({end: 9, result: []} as never)
  bed.round()
  const beganMs = bed.nowMs
  const after = (ms: number) => bed.requests.dueInMs(beganMs + ms)
  assert.equal([0, 5, 30, 200, 20_000].map(after), [1, 1, 3, 20, 100])
})

test('a broker that is fenced, closed or gone is not waited for', () => {
  for (const leave of [
    (bed: Bed) => bed.image.apply({type: 'brokerFenced', broker: 2, reason: 'gone'}),
    (bed: Bed) => bed.map.broker(2).publishState(THREAD.closed),
    (bed: Bed) => bed.map.broker(2).publishEnded(1),
  ]) {
    const bed = new Bed()
    bed.ask({type: 'deleteTopics', topics: [{name: 't'}]})
    bed.asked[0]!.answer({end: 9, result: []} as never)
    bed.map.broker(1).publishApplied(9)
    leave(bed)
    bed.round()
    assert.equal(bed.outcomes, [[]])
  }
})

test('a refusal is told at once', () => {
  const bed = new Bed()
  bed.ask({type: 'listTopics'})
  bed.asked[0]!.answer({error: 'INVALID_REQUEST', message: 'why'} as never)
  assert.equal(bed.told, [{type: 'told', id: 1, error: 'INVALID_REQUEST', message: 'why', to: CLIENT}])
})

test('topics that are made, or get partitions, are told of when all of these are served; where they are only looked over, at once', () => {
  for (const type of ['createTopics', 'createPartitions'] as const) {
    const bed = new Bed()
    bed.create('t', 3)
    const topics = [{name: 't', topicId: 'x', count: 3}]
    bed.ask({type, topics})
    bed.asked[0]!.answer({end: 0, result: 'made'} as never)
    bed.serve(0)
    bed.serve(2)
    bed.round()
    assert.equal(bed.outcomes, [])
    bed.serve(1)
    bed.round()
    assert.equal(bed.outcomes, ['made'])
    bed.create('u')
    bed.ask({type, topics: [{...topics[0]!, name: 'u'}], validateOnly: true})
    bed.asked[1]!.answer({end: 0, result: 'fine'} as never)
    bed.round()
    assert.equal(bed.outcomes, ['made', 'fine'])
  }
})

test('what is not visible in time is done all the same, and that is said', () => {
  const bed = new Bed()
  bed.create('t')
  bed.ask({type: 'topic', name: 't', create: true, partition: 0})
  bed.nowMs = VISIBLE_MS_MAX
  bed.round()
  assert.equal(bed.outcomes, [])
  bed.nowMs++
  bed.round()
  assert.equal(bed.outcomes, ['LEADER_NOT_AVAILABLE'])
  assert.match((bed.told[0] as {message: string}).message, 'it is done')
})

test('a topic that is there is told of once the partition asked for is served, whatever the others are', () => {
  const bed = new Bed()
  bed.create('t', 2)
  bed.ask({type: 'topic', name: 't', create: true, partition: 1})
  bed.serve(0)
  bed.round()
  assert.equal(bed.outcomes, [])
  bed.serve(1)
  bed.round()
  assert.equal(bed.outcomes, [bed.image.topicNamed('t')])
  assert.equal(bed.asked, [])
  // a partition that is not there is for who asked to see
  bed.ask({type: 'topic', name: 't', create: true, partition: 9})
  assert.is(bed.told.length, 2)
})

test('a topic that is missing is made where it may be, also where somebody else is first', () => {
  const bed = new Bed()
  for (const [i, result] of [
    [0, [{topicId: 'x'}]],
    [1, [{error: 'TOPIC_ALREADY_EXISTS', message: ''}]],
  ] as const) {
    const name = `t${i}`
    bed.ask({type: 'topic', name, create: true, partition: 0})
    const {request, answer} = bed.asked[i]!
    assert.equal(request, {type: 'createTopics', topics: [{name, topicId: Buffer.alloc(16, 1).toString('base64url')}]})
    bed.create(name)
    bed.serve(i)
    answer({end: 0, result} as never)
    bed.round()
    assert.is(bed.outcomes[i], bed.image.topicNamed(name))
  }
})

test('a topic that may not or cannot be made is refused', () => {
  const bed = new Bed()
  bed.ask({type: 'topic', name: 'a', create: false, partition: 0})
  bed.ask({type: 'topic', name: 'b', create: true, partition: 0})
  bed.asked[0]!.answer({end: 0, result: [{error: 'INVALID_REPLICATION_FACTOR', message: 'too few'}]} as never)
  bed.ask({type: 'topic', name: 'c', create: true, partition: 0})
  bed.asked[1]!.answer({error: 'INVALID_REQUEST', message: 'no'} as never)
  const never = new Bed({autoCreateTopics: false})
  never.ask({type: 'topic', name: 'd', create: true, partition: 0})
  assert.equal(bed.outcomes, ['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_REPLICATION_FACTOR', 'INVALID_REQUEST'])
  assert.equal([never.outcomes, never.asked], [['UNKNOWN_TOPIC_OR_PARTITION'], []])
})

test.run()
