/** A consumer of `odradek/kafkajs` on a cluster: groups, handlers and their helpers, committing, seeking, pausing, failing. */
import {tracingChannel} from 'node:diagnostics_channel'
import {once} from 'node:events'
import {Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Batch,
  type Consumer,
  type ConsumerConfig,
  type EachBatchPayload,
  Kafka,
  type KafkaMessage,
  PartitionAssigners,
  type Producer,
} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'

let cluster: Cluster
let kafka: Kafka
let producer: Producer
const open: Consumer[] = []

test.before(async () => {
  // few threads: each topic would start some of its own
  cluster = await openCluster({brokers: 2, replicaThreads: 3})
  kafka = new Kafka({brokers: cluster, logLevel: 0})
  producer = kafka.producer()
  await producer.connect()
})

test.after.each(async () => {
  await Promise.all(open.splice(0).map(consumer => consumer.disconnect()))
})

test.after(async () => {
  await producer.disconnect()
  await cluster.close()
})

let groups = 0

async function consumerOf(
  topics: (string | RegExp)[],
  config: Partial<ConsumerConfig> & {fromBeginning?: boolean} = {},
) {
  const {fromBeginning = true, ...rest} = config
  const consumer = kafka.consumer({groupId: `group-${groups++}`, heartbeatInterval: 50, ...rest})
  open.push(consumer)
  await consumer.connect()
  await consumer.subscribe({topics, fromBeginning})
  return consumer
}

async function fill(topic: string, count: number, partitions = 1, from = 0) {
  if (from === 0) await cluster.admin.createTopics([{name: topic, numPartitions: partitions}])
  const messages = Array.from({length: count}, (_, i) => ({
    value: String(from + i),
    partition: (from + i) % partitions,
  }))
  await producer.send({topic, messages})
}

async function until(holds: () => boolean | Promise<boolean>, what: string) {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${what}`)
    await sleep(2)
  }
}

async function committed(groupId: string, topic: string): Promise<number[]> {
  const {groups} = await cluster.groups.request('OffsetFetch', {groups: [{groupId}]})
  const partitions = groups[0]!.topics.find(({name}) => name === topic)?.partitions ?? []
  return [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex).map(each => each.committedOffset)
}

const numbers = (count: number, from = 0) => Array.from({length: count}, (_, i) => from + i)

test('eachMessage gets everything in order, and who comes back goes on behind what was handled', async () => {
  await fill('each', 100)
  const seen: number[] = []
  const first = await consumerOf(['each'], {groupId: 'each'})
  let message: KafkaMessage | undefined
  await first.run({
    eachMessage: async payload => {
      assert.equal([payload.topic, payload.partition], ['each', 0])
      message ??= payload.message
      seen.push(Number(payload.message.value))
    },
  })
  await first.ready()
  await until(() => seen.length === 100, 'all messages')
  await first.disconnect()
  assert.equal(await committed('each', 'each'), [100])
  const {timestamp, ...rest} = message!
  assert.equal(rest, {magicByte: 2, attributes: 0, offset: '0', key: null, value: Buffer.from('0'), headers: {}})
  assert.is(message!.offsetBigInt, 0n)
  assert.ok(Number(timestamp) > 1_700_000_000_000)
  await fill('each', 5, 1, 100)
  const second = await consumerOf(['each'], {groupId: 'each'})
  await second.run({eachMessage: async ({message}) => void seen.push(Number(message.value))})
  await until(() => seen.length === 105, 'what came meanwhile')
  assert.equal(seen, numbers(105))
})

test('without fromBeginning it reads what comes; a RegExp takes the topics there are', async () => {
  await fill('re-a', 3)
  await fill('re-b', 3)
  await fill('other', 3)
  const seen: string[] = []
  const consumer = await consumerOf([/^re-/], {fromBeginning: false})
  await consumer.run({eachMessage: async ({topic, message}) => void seen.push(`${topic} ${message.value}`)})
  for (const topic of ['re-a', 're-b', 'other']) await fill(topic, 1, 1, 3)
  await until(() => seen.length === 2, 'the new ones')
  assert.equal(seen.sort(), ['re-a 3', 're-b 3'])
})

test('eachBatch and its helpers', async () => {
  await fill('helpers', 10)
  const batches: Batch[] = []
  const consumer = await consumerOf(['helpers'], {groupId: 'helpers'})
  let asked = false
  await consumer.run({
    eachBatchAutoResolve: false,
    eachBatch: async ({batch, ...helpers}: EachBatchPayload) => {
      batches.push(batch)
      assert.equal([helpers.isRunning(), helpers.isStale()], [true, false])
      const half = batch.messages.slice(0, 5)
      for (const {offset} of half) helpers.resolveOffset(offset)
      await helpers.heartbeat()
      if (asked) return
      asked = true
      assert.equal(helpers.uncommittedOffsets(), {
        topics: [{topic: 'helpers', partitions: [{partition: 0, offset: '5'}]}],
      })
      assert.is(helpers.uncommittedOffsets().topics[0]!.partitions[0]!.offsetBigInt, 5n)
      await helpers.commitOffsetsIfNecessary()
      assert.equal(await committed('helpers', 'helpers'), [], 'it is not necessary')
      await helpers.commitOffsetsIfNecessary(helpers.uncommittedOffsets())
      assert.equal(await committed('helpers', 'helpers'), [5])
    },
  })
  await until(() => batches.length === 2, 'the unresolved rest again')
  const [first, second] = batches
  assert.equal(
    [first!.topic, first!.partition, first!.highWatermark, first!.messages.length, first!.isEmpty()],
    ['helpers', 0, '10', 10, false],
  )
  assert.equal(
    [first!.firstOffset(), first!.lastOffset(), first!.offsetLag(), first!.offsetLagLow()],
    ['0', '9', '0', '9'],
  )
  const {firstOffsetBigInt, lastOffsetBigInt, offsetLagBigInt, offsetLagLowBigInt, highWatermarkBigInt} = first!
  assert.equal(
    [firstOffsetBigInt, lastOffsetBigInt, offsetLagBigInt, offsetLagLowBigInt, highWatermarkBigInt],
    [0n, 9n, 0n, 9n, 10n],
  )
  assert.equal([second!.firstOffset(), second!.messages.length], ['5', 5])
  await consumer.stop()
  assert.equal(await committed('helpers', 'helpers'), [10])
})

test('autoCommit off: only what is committed by hand counts', async () => {
  await fill('manual', 10)
  const seen: number[] = []
  const first = await consumerOf(['manual'], {groupId: 'manual'})
  await first.run({autoCommit: false, eachMessage: async ({message}) => void seen.push(Number(message.value))})
  await until(() => seen.length === 10, 'all')
  await first.commitOffsets([{topic: 'manual', partition: 0, offset: '4', metadata: 'by hand'}])
  await first.stop()
  assert.equal(await committed('manual', 'manual'), [4])
  await first.run({autoCommit: false, eachMessage: async ({message}) => void seen.push(Number(message.value))})
  await until(() => seen.length === 16, 'from there')
  assert.equal(seen.slice(10), numbers(6, 4))
})

test('autoCommitThreshold commits within a batch', async () => {
  await fill('threshold', 100)
  const consumer = await consumerOf(['threshold'], {groupId: 'threshold'})
  const within: number[] = []
  let handled = 0
  await consumer.run({
    autoCommitThreshold: 10,
    eachMessage: async () => {
      handled++
      if (handled === 60) {
        await until(async () => (await committed('threshold', 'threshold'))[0]! >= 10, 'a commit')
        within.push((await committed('threshold', 'threshold'))[0]!)
      }
    },
  })
  await until(() => handled === 100, 'all')
  assert.ok(within[0]! >= 10 && within[0]! < 60, String(within))
})

test('seek goes back, ahead, and to the ends; what is handed out is stale then', async () => {
  await fill('seek', 20)
  const seen: number[] = []
  const consumer = await consumerOf(['seek'], {groupId: 'seek'})
  assert.throws(() => consumer.seek({topic: 'seek', partition: 0, offset: '1'}), /run comes first/)
  await consumer.run({
    eachMessage: async ({message}) => {
      seen.push(Number(message.value))
      if (seen.length === 3) consumer.seek({topic: 'seek', partition: 0, offset: '18'})
    },
  })
  await until(() => seen.length === 5, 'the last two')
  assert.equal(seen, [0, 1, 2, 18, 19])
  consumer.seek({topic: 'seek', partition: 0, offset: '-2'})
  await until(() => seen.length === 25, 'from the beginning')
  consumer.seek({topic: 'seek', partition: 0, offset: '-1'})
  await fill('seek', 1, 1, 20)
  await until(() => seen.at(-1) === 20, 'the new one')
  assert.equal(seen.slice(5, 25), numbers(20))
  assert.is(seen.length, 26)
  for (const offset of ['x', '-3', ''])
    assert.throws(() => consumer.seek({topic: 'seek', partition: 0, offset}), /offset/i)
})

test('paused partitions are not read until they are resumed', async () => {
  await fill('paused', 4, 2)
  const seen: string[] = []
  const consumer = await consumerOf(['paused'])
  let resume: (() => void) | undefined
  await consumer.run({
    eachMessage: async ({partition, message, pause}) => {
      seen.push(`${partition}:${message.value}`)
      if (partition === 1) resume ??= pause()
    },
  })
  await until(() => seen.length === 3, 'all but what is paused')
  assert.equal(consumer.paused(), [{topic: 'paused', partitions: [1]}])
  resume!()
  await until(() => seen.length === 4, 'what was paused')
  consumer.pause([{topic: 'paused'}])
  assert.equal(consumer.paused(), [{topic: 'paused', partitions: [0, 1]}])
  await fill('paused', 2, 2, 4)
  await sleep(30)
  assert.is(seen.length, 4)
  consumer.resume([{topic: 'paused', partitions: [1]}])
  await until(() => seen.length === 5, 'one of them')
  assert.is(seen.at(-1), '1:5')
  consumer.resume([{topic: 'paused'}])
  await until(() => seen.length === 6, 'the other')
  assert.equal(consumer.paused(), [])
})

for (const [name, assigner] of Object.entries(PartitionAssigners))
  test(`members share the partitions, and take over from who goes: ${name}`, async () => {
    const topic = `shared-${name}`
    await fill(topic, 600, 6)
    const config = {groupId: topic, partitionAssigners: [assigner]}
    const seen: number[][] = [[], [], []]
    const assignments: number[][] = [[], [], []]
    const members = []
    for (const i of [0, 1, 2]) {
      const member = await consumerOf([topic], config)
      member.on(member.events.GROUP_JOIN, ({payload}) => {
        assignments[i] = payload.memberAssignment[topic] ?? []
        assert.is(payload.groupId, topic)
      })
      members.push(member)
      await member.run({
        eachMessage: async ({message}) => {
          seen[i]!.push(Number(message.value))
          await sleep(0)
        },
      })
    }
    const sizes = () => assignments.map(({length}) => length).sort()
    await until(() => String(sizes()) === '2,2,2', `a fair share, not ${sizes()}`)
    assert.equal(assignments.flat().sort(), numbers(6))
    await until(() => new Set(seen.flat()).size === 600, 'all messages')
    await members[0]!.disconnect()
    assignments[0] = []
    await until(() => String(sizes()) === '0,3,3', `the rest, not ${sizes()}`)
    await fill(topic, 60, 6, 600)
    await until(() => new Set(seen.flat()).size === 660, 'what came afterwards')
    const {state, members: left, protocol} = await members[1]!.describeGroup()
    assert.equal([state, left.length, protocol.length > 0], ['Stable', 2, true])
  })

test('a handler that fails is given its messages again; one that cannot be helped ends the consumer', async () => {
  await fill('failing', 5)
  const seen: number[] = []
  const consumer = await consumerOf(['failing'], {groupId: 'failing', retry: {initialRetryTime: 5, retries: 2}})
  const crashes: {error: Error; restart: boolean}[] = []
  consumer.on(consumer.events.CRASH, ({payload}) => crashes.push(payload))
  await consumer.run({
    eachMessage: async ({message}) => {
      seen.push(Number(message.value))
      if (seen.length === 3) throw new Error('not now')
      if (message.offset === '4') throw new TypeError('a mistake')
    },
  })
  await until(() => crashes.length === 1, 'a crash')
  assert.equal(seen, [0, 1, 2, 2, 3, 4])
  assert.equal([crashes[0]!.error.name, crashes[0]!.restart], ['KafkaJSNonRetriableError', false])
  assert.equal(await committed('failing', 'failing'), [4])
})

test('a handler may throw what is no error: its messages come again, as often as retries say', async () => {
  await fill('odd', 1)
  const consumer = await consumerOf(['odd'], {
    retry: {initialRetryTime: 1, retries: 2, restartOnFailure: async () => false},
  })
  const crashes: Error[] = []
  consumer.on(consumer.events.CRASH, ({payload}) => crashes.push(payload.error))
  let calls = 0
  await consumer.run({
    eachMessage: async () => {
      calls++
      throw calls === 1 ? 'a string' : undefined
    },
  })
  await until(() => crashes.length === 1, 'a crash')
  assert.is(calls, 3)
  assert.is(crashes[0]!.name, 'KafkaJSNumberOfRetriesExceeded')
  // it has given up: so it is told whoever asks now
  await consumer.ready().then(
    () => assert.unreachable(),
    error => assert.is(error.name, 'KafkaJSNumberOfRetriesExceeded'),
  )
})

test('one that fails again and again is started anew after its last retry', async () => {
  await fill('again', 1)
  let calls = 0
  const retry = {initialRetryTime: 2, maxRetryTime: 4, retries: 2}
  const consumer = await consumerOf(['again'], {retry})
  const names: string[] = []
  consumer.on(consumer.events.CRASH, ({payload}) => names.push(`${payload.error.name} ${payload.restart}`))
  let done = false
  await consumer.run({
    eachMessage: async () => {
      if (++calls < 5) throw new Error('still not')
      done = true
    },
  })
  await until(() => done, 'a call that succeeds')
  assert.equal([names, calls], [['KafkaJSNumberOfRetriesExceeded true'], 5])
})

test('a crash is told as KafkaJS tells it: stopped, disconnected, crashed', async () => {
  await fill('told', 1)
  const retry = {initialRetryTime: 1, retries: 1}
  for (const restart of [true, false]) {
    const consumer = await consumerOf(['told'], {retry: {...retry, restartOnFailure: async () => restart}})
    const told: string[] = []
    const {STOP, DISCONNECT, CRASH} = consumer.events
    for (const name of [STOP, DISCONNECT, CRASH] as const) consumer.on(name, ({type}) => told.push(type))
    let handled = 0
    await consumer.run({
      eachMessage: async () => {
        if (++handled < 3) throw new Error('still not')
      },
    })
    await until(() => told.includes(CRASH) && (!restart || handled === 3), 'a crash')
    assert.equal(told, [STOP, DISCONNECT, CRASH])
    await consumer.disconnect()
  }
})

test('messages() goes on after a crash that the consumer gets over', async () => {
  await fill('over-it', 1)
  let left = 2
  const failing = () => ({
    ...PartitionAssigners.roundRobin({cluster: {} as never, groupId: '', logger: kafka.logger()}),
    async assign() {
      throw new Error(`${left--} times more`)
    },
  })
  const assigner = (config: Parameters<typeof PartitionAssigners.roundRobin>[0]) =>
    left > 0 ? failing() : PartitionAssigners.roundRobin(config)
  const consumer = await consumerOf(['over-it'], {
    partitionAssigners: [assigner],
    retry: {initialRetryTime: 1, retries: 1},
  })
  const crashes: boolean[] = []
  consumer.on(consumer.events.CRASH, ({payload}) => crashes.push(payload.restart))
  for await (const {value} of consumer.messages()) {
    assert.is(String(value), '0')
    break
  }
  assert.equal(crashes, [true])
})

test('a handler that fails is given time, also after its topic was made', async () => {
  await fill('in-time', 1)
  const consumer = await consumerOf(['in-time'], {retry: {initialRetryTime: 60_000}})
  let calls = 0
  consumer.on(consumer.events.GROUP_JOIN, () => cluster.tell({type: 'topic.created', topic: 'in-time'}))
  await consumer.run({
    eachMessage: async () => {
      calls++
      throw new Error('not now')
    },
  })
  await until(() => calls > 0, 'a call')
  await sleep(50)
  assert.is(calls, 1)
})

test('who is disconnected while it is asked whether to start anew stays so', async () => {
  await fill('asked', 1)
  let calls = 0
  const consumer: Consumer = await consumerOf(['asked'], {
    retry: {
      initialRetryTime: 1,
      retries: 0,
      restartOnFailure: async () => {
        await consumer.disconnect()
        return true
      },
    },
  })
  const crashes: boolean[] = []
  consumer.on(consumer.events.CRASH, ({payload}) => crashes.push(payload.restart))
  await consumer.run({
    eachMessage: async () => {
      calls++
      throw new Error('never')
    },
  })
  await until(() => crashes.length > 0, 'a crash')
  assert.equal(crashes, [false])
  await sleep(50)
  assert.is(calls, 1)
})

test('who is disconnected before it is connected joins no group', async () => {
  await fill('early', 1)
  const consumer = await consumerOf(['early'])
  await consumer.disconnect()
  let joins = 0
  consumer.on(consumer.events.GROUP_JOIN, () => joins++)
  const running = consumer.run({}).catch(error => error.message)
  await consumer.disconnect()
  assert.is(await running, 'The consumer was stopped')
  assert.is(joins, 0)
})

test('who is stopped before it is started anew waits for nothing more, and its messages() end', async () => {
  await fill('not-anew', 1)
  const retry = {initialRetryTime: 60_000, retries: 0}
  const failing = (config: Parameters<typeof PartitionAssigners.roundRobin>[0]) => ({
    ...PartitionAssigners.roundRobin(config),
    async assign() {
      throw Object.assign(new Error('not now'), {retriable: true})
    },
  })
  const consumer = await consumerOf(['not-anew'], {retry, partitionAssigners: [failing]})
  const crashed = new Promise(resolve => consumer.on(consumer.events.CRASH, resolve))
  const reading = consumer.messages().next()
  const ready = consumer.ready().catch(error => error.message)
  await crashed
  await consumer.stop()
  assert.is(await ready, 'The consumer was stopped')
  assert.is((await reading).done, true)
})

test('a messages() loop that asks late for the next one stops nobody who runs since', async () => {
  await fill('since', 1)
  const consumer = await consumerOf(['since'], {groupId: 'since', stopTimeout: 1})
  const messages = consumer.messages()
  await messages.next()
  await consumer.stop()
  const seen: string[] = []
  await consumer.run({eachMessage: async ({message}) => void seen.push(String(message.value))})
  assert.is((await messages.next()).done, true)
  await fill('since', 1, 1, 1)
  await until(() => seen.length === 2, 'both')
})

test('what is committed right behind a run that fails is committed by the one that is started anew', async () => {
  await fill('behind', 5)
  let fails = true
  const assigner = (config: Parameters<typeof PartitionAssigners.roundRobin>[0]) => {
    const roundRobin = PartitionAssigners.roundRobin(config)
    return {
      ...roundRobin,
      async assign(group: Parameters<typeof roundRobin.assign>[0]) {
        if (!fails) return roundRobin.assign(group)
        fails = false
        throw new Error('once')
      },
    }
  }
  const consumer = await consumerOf(['behind'], {
    groupId: 'behind',
    partitionAssigners: [assigner],
    retry: {initialRetryTime: 1, retries: 0},
  })
  void consumer.run({autoCommit: false})
  await consumer.commitOffsets([{topic: 'behind', partition: 0, offset: '3'}])
  assert.equal([fails, await committed('behind', 'behind')], [false, [3]])
})

test('a stopTimeout without end waits for handlers', async () => {
  await fill('endless', 1)
  const consumer = await consumerOf(['endless'], {stopTimeout: Number.POSITIVE_INFINITY})
  const told: string[] = []
  await consumer.run({
    eachMessage: async () => {
      told.push('begun')
      await sleep(50)
      told.push('handled')
    },
  })
  await until(() => told.length > 0, 'a handler')
  await consumer.stop()
  assert.equal(told, ['begun', 'handled'])
})

test('a topic that is deleted and made again is read again at once, from its first record on', async () => {
  await fill('remade', 4, 2)
  const config = {groupId: 'remade', fromBeginning: false, retry: {initialRetryTime: 60_000}}
  const [one, two] = await Promise.all([consumerOf(['remade', 'stays'], config), consumerOf(['remade'], config)])
  const seen: string[] = []
  const eachMessage = async ({partition, message}: {partition: number; message: KafkaMessage}) =>
    void seen.push(`${partition}: ${message.value}`)
  for (const each of [one, two]) await each.run({eachMessage})
  await Promise.all([one.ready(), two.ready()])
  await fill('remade', 4, 2, 4)
  await until(() => seen.length === 4, 'what came')
  await cluster.admin.deleteTopics(['remade'])
  await sleep(50)
  await fill('remade', 6, 3)
  await until(() => seen.length === 10, 'what is in the new one')
  assert.equal(seen.slice(4).sort(), ['0: 0', '0: 3', '1: 1', '1: 4', '2: 2', '2: 5'])
  await Promise.all([one.stop(), two.stop()])
  assert.equal(await committed('remade', 'remade'), [2, 2, 2])
})

test('messages() gives one after the other; what was asked behind counts as handled', async () => {
  await fill('stream', 50)
  const consumer = await consumerOf(['stream'], {groupId: 'stream'})
  const seen: number[] = []
  for await (const message of consumer.messages()) {
    assert.equal([message.topic, message.partition], ['stream', 0])
    seen.push(Number(message.value))
    if (seen.length === 20) break
  }
  assert.equal(await committed('stream', 'stream'), [19], 'the last one was not followed by another')
  const aborting = new AbortController()
  try {
    for await (const message of consumer.messages({signal: aborting.signal})) {
      seen.push(Number(message.value))
      if (message.offset === '49') setTimeout(() => aborting.abort(new Error('enough')), 20)
    }
    assert.unreachable('it ended without an error')
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
  assert.equal(seen, [...numbers(20), ...numbers(31, 19)])
})

test('stream() holds so many bytes and no more; what was asked behind counts as handled', async () => {
  await fill('node-stream', 100)
  const consumer = await consumerOf(['node-stream'], {groupId: 'node-stream'})
  const seen: number[] = []
  const stream = consumer.stream({highWaterMarkBytes: 5})
  for await (const message of stream) {
    assert.ok(stream.readableLength <= 5)
    assert.equal([message.topic, message.partition], ['node-stream', 0])
    seen.push(Number(message.value))
    if (seen.length === 20) break
  }
  await until(async () => (await committed('node-stream', 'node-stream'))[0] === 19, 'the last is not handled')
  await consumer.stop()
  const slow: number[] = []
  const aborting = new AbortController()
  const taking = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write({value}, _encoding, done) {
      slow.push(Number(value))
      // all of a batch was taken: the next one comes
      if (slow.length === 81) void fill('node-stream', 1, 1, 100)
      if (slow.length === 82) aborting.abort(new Error('enough'))
      setImmediate(done)
    },
  })
  try {
    await pipeline(consumer.stream({signal: aborting.signal}), taking)
    assert.unreachable('it ended without an error')
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
  assert.equal(slow, numbers(82, 19))
  assert.throws(() => consumer.stream({highWaterMarkBytes: 0}), /Invalid highWaterMarkBytes/)
  const stopped = consumer.stream()
  stopped.once('readable', () => void consumer.stop())
  await fill('node-stream', 1, 1, 101)
  await stopped.forEach(() => {})
})

test('who stops waits for whoever holds a message of messages() or stream(), and that one counts', async () => {
  await fill('held', 6)
  const consumer = await consumerOf(['held'], {groupId: 'held'})
  const seen: number[] = []
  for (const read of [() => consumer.messages(), () => consumer.stream({highWaterMarkBytes: 1})]) {
    const before = seen.length
    let stopping: Promise<void> | undefined
    for await (const {offset} of read()) {
      seen.push(Number(offset))
      if (seen.length === before + 2) stopping = consumer.stop()
      // as whoever sends on what it was given
      if (stopping !== undefined) await sleep(20)
    }
    await stopping
    assert.ok(seen.length < before + 4, `all of it: ${seen}`)
    assert.equal(seen, numbers(seen.length))
    assert.equal(await committed('held', 'held'), [seen.length])
  }
})

test('who stops waits within a bound for whoever holds a message of messages() or stream()', async () => {
  await fill('held-long', 3)
  const consumer = await consumerOf(['held-long'], {groupId: 'held-long', stopTimeout: 20})
  for (const read of [() => consumer.messages(), () => consumer.stream()]) {
    const seen: string[] = []
    for await (const {offset} of read()) {
      seen.push(offset)
      if (seen.length === 1) await consumer.stop()
    }
    assert.is(seen[0], '0')
  }
  assert.equal(await committed('held-long', 'held-long'), [])
})

test('partitionsConsumedConcurrently handles several partitions at once, each by one handler', async () => {
  await fill('concurrent', 40, 4)
  const active = new Set<number>()
  let most = 0
  let handled = 0
  const consumer = await consumerOf(['concurrent'])
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async ({partition}) => {
      assert.not(active.has(partition))
      active.add(partition)
      most = Math.max(most, active.size)
      await sleep(1)
      active.delete(partition)
      handled++
    },
  })
  await until(() => handled === 40, 'all')
  assert.is(most, 3)
})

test('a topic that is made anew beside a handler at work does not have its message come again', async () => {
  await fill('beside', 1)
  await fill('remade-beside', 1)
  const consumer = await consumerOf(['beside', 'remade-beside'])
  const seen: string[] = []
  let isAt = 0
  let go = (): void => {}
  await consumer.run({
    partitionsConsumedConcurrently: 2,
    eachMessage: async ({topic}) => {
      seen.push(topic)
      if (topic !== 'beside') return
      assert.is(++isAt, 1, 'nobody else is at it')
      await new Promise<void>(resolve => {
        go = resolve
      })
      isAt--
    },
  })
  await until(() => seen.length === 2, 'both')
  await cluster.admin.deleteTopics(['remade-beside'])
  await fill('remade-beside', 1)
  const before = seen.length
  // as long as joining takes, and more
  await sleep(150)
  assert.is(seen.length, before, String(seen))
  go()
  await until(() => seen.length === 3, 'what is in the new one')
  assert.equal(seen.sort(), ['beside', 'remade-beside', 'remade-beside'])
})

test('who stops while one handler takes longer than another, and a third has messages, waits for it', async () => {
  await fill('stopped-midway', 60, 3)
  const consumer = await consumerOf(['stopped-midway'])
  let [begun, ended] = [0, 0]
  await consumer.run({
    partitionsConsumedConcurrently: 2,
    eachMessage: async () => {
      const isFirst = begun++ === 0
      await sleep(isFirst ? 40 : 5)
      ended++
    },
  })
  await until(() => begun === 2, 'two handlers')
  await consumer.stop()
  assert.equal([begun, ended], [2, 2])
})

test('the group goes on when its coordinator’s broker dies', async () => {
  await fill('survives', 100)
  const seen: number[] = []
  const consumer = await consumerOf(['survives'], {groupId: 'survives'})
  await consumer.run({eachMessage: async ({message}) => void seen.push(Number(message.value))})
  await until(() => seen.length === 100, 'all')
  const {coordinators} = await cluster.groups.request('FindCoordinator', {coordinatorKeys: ['survives']})
  const {nodeId} = coordinators[0]!
  cluster.broker(nodeId).kill()
  await fill('survives', 50, 1, 100)
  await until(() => new Set(seen).size === 150, 'what came meanwhile')
  await until(async () => (await committed('survives', 'survives'))[0] === 150, 'the commit')
  const up = once(cluster, 'broker.up')
  cluster.broker(nodeId).restart()
  await up
})

test('who is stopped while the group waits for others does not wait with it', async () => {
  await fill('waiting', 4, 2)
  const config = {groupId: 'waiting', heartbeatInterval: 5000}
  const slow = await consumerOf(['waiting'], config)
  let go = (): void => {}
  let isAt = false
  await slow.run({
    eachMessage: () => {
      isAt = true
      return new Promise(resolve => {
        go = resolve
      })
    },
  })
  await until(() => isAt, 'a handler that takes its time')
  const other = await consumerOf(['waiting'], config)
  const joining = other.run({eachMessage: async () => {}})
  await sleep(100)
  const startMs = Date.now()
  await Promise.all([other.disconnect(), joining])
  assert.ok(Date.now() - startMs < 5000)
  const stopping = slow.stop()
  const done = setInterval(() => go(), 1)
  await stopping
  clearInterval(done)
})

test('who stops waits for its handlers within a bound; one that is late does nothing any more', async () => {
  await fill('late', 3)
  const config = {groupId: 'late', stopTimeout: 5, heartbeatInterval: 5000}
  const consumer = await consumerOf(['late'], config)
  let finish = (): void => {}
  const late = new Promise<void>(resolve => {
    finish = resolve
  })
  let handled: EachBatchPayload | undefined
  let ending: Promise<void> | undefined
  const handle = async (payload: EachBatchPayload): Promise<void> => {
    payload.resolveOffset('0')
    handled = payload
    await late
    payload.resolveOffset('2')
    await payload.commitOffsetsIfNecessary({topics: [{topic: 'late', partitions: [{partition: 0, offset: '2'}]}]})
  }
  await consumer.run({
    eachBatch: payload => {
      ending = handle(payload)
      return ending
    },
  })
  await until(() => handled !== undefined, 'a handler that takes its time')
  await consumer.stop()
  assert.equal([handled!.isStale(), handled!.isRunning(), await committed('late', 'late')], [true, false, [1]])
  const seen: string[] = []
  await consumer.run({eachMessage: async ({message}) => void seen.push(message.offset)})
  await until(() => seen.length === 2, 'what was not handled')
  await consumer.stop()
  finish()
  await ending
  assert.equal([seen, handled!.uncommittedOffsets(), await committed('late', 'late')], [['1', '2'], {topics: []}, [3]])
})

test('lag counts what is before a consumer, and before its group', async () => {
  await fill('lag', 6, 2)
  const consumer = await consumerOf(['lag'], {groupId: 'lag'})
  assert.equal(consumer.lag(), [])
  let handled = 0
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({batch, resolveOffset}) => {
      if (batch.partition === 0) resolveOffset('1')
      handled++
      consumer.pause([{topic: 'lag', partitions: [batch.partition]}])
    },
  })
  const textOf = (lags: {partition: number; lag: string}[]) =>
    lags.map(({partition, lag}) => `${partition}: ${lag}`).sort()
  await until(() => handled === 2, 'both')
  assert.equal(textOf(consumer.lag()), ['0: 1', '1: 3'])
  assert.is(consumer.lag()[0]!.lagBigInt, BigInt(consumer.lag()[0]!.lag))
  await consumer.commitOffsets([{topic: 'lag', partition: 1, offset: '2'}])
  const admin = kafka.admin()
  await admin.connect()
  assert.equal(textOf(await admin.fetchLag({groupId: 'lag'})), ['1: 1'])
  assert.equal(textOf(await admin.fetchLag({groupId: 'lag', topics: ['lag']})), ['0: 3', '1: 1'])
  await cluster.admin.deleteRecords('lag', 0, 3)
  assert.equal(textOf(await admin.fetchLag({groupId: 'lag', topics: ['lag']})), ['0: 0', '1: 1'])
  await admin.disconnect()
  consumer.seek({topic: 'lag', partition: 1, offset: '-2'})
  assert.equal(textOf(consumer.lag()), ['0: 0', '1: 3'])
})

test('tracing channels tell of sends, handlers and commits, and of what they failed with', async () => {
  const told: string[] = []
  const subscribed = (['send', 'process', 'commit'] as const).map(name => {
    const channel = tracingChannel(`odradek:kafkajs:${name}`)
    const subscribers = {
      start: () => told.push(`${name} starts`),
      end: () => {},
      asyncStart: () => {},
      asyncEnd: (context: object) => told.push(`${name} ${'error' in context ? 'failed' : 'ended'}`),
      error: () => {},
    }
    channel.subscribe(subscribers)
    return () => channel.unsubscribe(subscribers)
  })
  const retry = {initialRetryTime: 1}
  try {
    await fill('traced', 1)
    assert.equal(told.splice(0), ['send starts', 'send ended'])
    const consumer = await consumerOf(['traced'], {retry})
    let calls = 0
    await consumer.run({
      eachMessage: async () => {
        if (++calls === 1) throw new Error('the first')
      },
    })
    await until(() => told.includes('commit ended'), 'the commit')
    assert.equal(told.splice(0), [
      ...['process starts', 'process failed', 'process starts', 'process ended'],
      ...['commit starts', 'commit ended'],
    ])
    await consumer.stop()
    await consumer.run({eachBatch: async () => {}})
    await fill('traced', 1, 1, 1)
    await until(() => told.includes('process ended'), 'the batch')
  } finally {
    for (const unsubscribe of subscribed) unsubscribe()
  }
})

test('events tell what a consumer does', async () => {
  await fill('events', 10)
  const consumer = await consumerOf(['events'])
  const told = new Map<string, unknown>()
  for (const name of Object.values(consumer.events)) consumer.on(name, ({payload}) => told.set(name, payload))
  let handled = 0
  await consumer.run({eachMessage: async () => void handled++})
  await until(() => handled === 10 && told.has('consumer.commit_offsets') && told.has('consumer.heartbeat'), 'events')
  await consumer.disconnect()
  const {duration, ...end} = told.get('consumer.end_batch_process') as {duration: number}
  assert.ok(duration >= 0)
  assert.equal(end, {
    topic: 'events',
    partition: 0,
    highWatermark: '10',
    offsetLag: '0',
    offsetLagLow: '9',
    batchSize: 10,
    firstOffset: '0',
    lastOffset: '9',
  })
  for (const name of ['start_batch_process', 'group_join', 'fetch', 'fetch_start', 'stop', 'disconnect'])
    assert.ok(told.has(`consumer.${name}`), name)
  assert.equal((told.get('consumer.commit_offsets') as {topics: unknown}).topics, [
    {topic: 'events', partitions: [{partition: 0, offset: '10'}]},
  ])
})

test('what is wrong is told by KafkaJS’ classes', async () => {
  assert.throws(() => kafka.consumer({groupId: ''}), /groupId must be a non-empty string/)
  assert.throws(
    () => kafka.consumer({groupId: 'g', sessionTimeout: 6000, heartbeatInterval: 6000}),
    /heartbeatInterval/,
  )
  const consumer = await consumerOf(['wrong'])
  const wrong: [() => unknown, string][] = [
    [() => consumer.subscribe({} as never), 'Missing required argument "topics"'],
    [() => consumer.subscribe({topics: 'a' as never}), 'Argument "topics" must be an array'],
    [() => consumer.subscribe({topic: 5 as never}), 'Invalid topic 5 (number)'],
    [() => consumer.commitOffsets([]), 'This consumer is in no group yet'],
    [() => consumer.commitOffsets([{topic: '', partition: 0, offset: '1'}]), 'Invalid topic'],
    [() => consumer.commitOffsets([{topic: 'a', partition: 0, offset: '-1'}]), 'Offset must not be a negative'],
    [() => consumer.pause([{topic: ''}]), 'Invalid topic'],
    [() => consumer.pause([{topic: 'a', partitions: 5 as never}]), 'Invalid partitions to pause: 5'],
    [() => consumer.resume([{topic: 'a'}]), 'This consumer is in no group yet'],
  ]
  for (const [call, message] of wrong) {
    const error = await (async () => call())().then(
      () => assert.unreachable(message),
      error => error,
    )
    assert.is(error.name, 'KafkaJSNonRetriableError', error.stack)
    assert.ok(error.message.startsWith(message), error.message)
  }
  assert.equal(consumer.paused(), [])
  await consumer.run({eachMessage: async () => {}})
  await consumer.run({eachMessage: async () => {}})
  assert.match(
    await consumer.subscribe({topics: ['more']}).catch(error => error.message),
    'Cannot subscribe to topic while consumer is running',
  )
})

test.run()
