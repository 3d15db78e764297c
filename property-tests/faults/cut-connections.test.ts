/** T35: connections that are cut, closed by half or held up at any byte: an idempotent producer's records are there once each, in their order. */
import {once} from 'node:events'
import net from 'node:net'
import {setTimeout} from 'node:timers/promises'
import fc from 'fast-check'
import {Kafka, logLevel} from 'kafkajs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {stampProducer} from '../../engine/record/record-batch.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {runs, times} from '../runs.ts'
import {buildBatch, stored, viewOf} from '../simulation/partition.ts'
import {anyCut, type Cut, startProxy} from '../wire/cutting-proxy.ts'
import {frameOf, WireClient} from '../wire/wire-client.ts'

const PRODUCE = 9
const FETCH = 11
const LARGE_BYTES = 300_000

let cluster: Cluster
let port: number
let deaths = 0

test.before(async () => {
  cluster = await openCluster({brokers: 1})
  cluster.on('broker.down', () => deaths++)
  // who asks where the broker is, is told of the proxy's address, with the broker's port
  const {brokers} = await cluster.listen({advertisedHost: '127.0.0.2'})
  port = brokers[0]!.port
})
test.after(() => cluster.close())
test.after.each(() => assert.is(deaths, 0, 'the broker goes on'))

type How = Exclude<Cut['how'], 'held up'>
const HOWS: readonly How[] = ['destroyed', 'ended']

/** Sends the first bytes of a frame and nothing behind them, and waits until the connection is over. */
async function sendPart(frame: Uint8Array, bytes: number, how: How): Promise<void> {
  const socket = net.connect({host: '127.0.0.1', port, noDelay: true})
  socket.on('error', () => {}).resume()
  const over = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  socket.write(frame.subarray(0, bytes))
  if (how === 'destroyed') socket.destroy()
  else socket.end()
  await over
}

/** A producer over the wire whose every batch, of one record, is tried over a connection that is cut first. */
class CutProducer {
  readonly #client: WireClient
  readonly #topic: string
  readonly #producerId: number
  #next = 0

  private constructor(client: WireClient, topic: string, producerId: number) {
    this.#client = client
    this.#topic = topic
    this.#producerId = producerId
  }

  static async open(topic: string): Promise<CutProducer> {
    await cluster.admin.createTopics([{name: topic}])
    const client = await WireClient.connect({port})
    const {producerId} = await client.ask('InitProducerId', 4, {transactionalId: null, transactionTimeoutMs: 1000})
    return new CutProducer(client, topic, producerId)
  }

  /** The next batch, as a request. */
  frame(valueBytes: number): Buffer {
    return frameOf('Produce', PRODUCE, 1, this.#request(valueBytes))
  }

  /** Sends it over a connection that nobody cuts; whether or not it had come before, it has its own offset. */
  async send(valueBytes: number): Promise<void> {
    const {responses} = await this.#client.ask('Produce', PRODUCE, this.#request(valueBytes))
    const {errorCode, baseOffset} = responses[0]!.partitionResponses[0]!
    assert.equal([errorCode, baseOffset], ['NONE', this.#next])
    this.#next++
  }

  /** What is stored is each batch once, whole, in their order. */
  async close(): Promise<void> {
    const partition = await cluster.partition(this.#topic)
    const got: number[] = []
    const reader = partition.reader()
    while (reader.poll(record => void got.push(record.value![0]!)) > 0);
    assert.equal(
      got,
      Array.from({length: this.#next}, (_, i) => i % 256),
    )
    assert.is(partition.metrics().highWatermark, this.#next)
    this.#client.close()
  }

  #request(valueBytes: number) {
    const batch = buildBatch({timestamps: [1000], valueBytes, seed: this.#next})
    const stamp = {producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#next}
    stampProducer(viewOf(batch), 0, stamp)
    const records = stored(batch, 0)
    const topicData = [{name: this.#topic, partitionData: [{index: 0, records}]}]
    return {acks: -1, timeoutMs: 30_000, topicData}
  }
}

test('a small request cut at every byte', async () => {
  const producer = await CutProducer.open('small')
  for (const how of HOWS)
    for (let bytes = 0; bytes <= producer.frame(1).length; bytes++) {
      await sendPart(producer.frame(1), bytes, how)
      await producer.send(1)
    }
  await producer.close()
})

test('a large request cut anywhere', async () => {
  const producer = await CutProducer.open('large')
  await fc.assert(
    fc.asyncProperty(fc.double({min: 0, max: 1, noNaN: true}), fc.constantFrom(...HOWS), async (part, how) => {
      const frame = producer.frame(LARGE_BYTES)
      await sendPart(frame, Math.round(part * frame.length), how)
      await producer.send(LARGE_BYTES)
    }),
    runs(50),
  )
  await producer.close()
})

/** Asks for what is there, takes so many bytes of the answer, and is gone. */
async function takePart(topic: string, bytes: number): Promise<void> {
  const socket = net.connect({host: '127.0.0.1', port, noDelay: true})
  await once(socket, 'connect')
  const partitions = [{partition: 0, fetchOffset: 0, partitionMaxBytes: 0x7fffffff}]
  const asked = {maxWaitMs: 1000, minBytes: 1, maxBytes: 0x7fffffff, sessionEpoch: -1, topics: [{topic, partitions}]}
  socket.write(frameOf('Fetch', FETCH, 1, asked))
  for (let taken = 0; taken < bytes; ) {
    const piece = socket.read(Math.min(bytes - taken, Math.max(1, socket.readableLength)))
    if (piece === null) await once(socket, 'readable')
    else taken += piece.length
  }
  socket.destroy()
  if (!socket.closed) await once(socket, 'close')
}

test('an answer cut anywhere', async () => {
  const producer = await CutProducer.open('answers')
  for (let i = 0; i < 20; i++) await producer.send(LARGE_BYTES)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.nat({max: 100}), fc.nat({max: 19 * LARGE_BYTES})), bytes =>
      takePart('answers', bytes),
    ),
    runs(50),
  )
  await producer.send(LARGE_BYTES)
  await producer.close()
})

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let isDone = false; !isDone; )
    isDone = await work().then(
      () => true,
      () => setTimeout(10, false),
    )
}

test('an idempotent producer of kafkajs whose connections are cut and held up', async () => {
  const cuts = fc.sample(anyCut, times(100, 500))
  // kafkajs 2.2.4 takes the next connection's bytes for the rest of an answer that was cut off: it waits for ever then, or ends the process
  const server = await startProxy(port, cuts, {wholeAnswers: true})
  const retry = {retries: 1000, initialRetryTime: 2, maxRetryTime: 10}
  const kafka = new Kafka({
    ...{clientId: 'test', brokers: [`127.0.0.2:${port}`], logLevel: logLevel.NOTHING},
    ...{retry, requestTimeout: 2000},
  })
  const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1, retry})
  await untilDone(() => producer.connect())
  await cluster.admin.createTopics([{name: 'kafkajs'}])
  let sent = 0
  while (cuts.length > 0) {
    const messages = Array.from({length: 5}, () => ({value: String(sent++), partition: 0}))
    // kafkajs gives up where a broker has gone between two of its steps; asked again it sends the same sequence
    await untilDone(() => producer.send({topic: 'kafkajs', messages}))
  }
  await producer.disconnect()
  server.close()
  const partition = await cluster.partition('kafkajs')
  const got: string[] = []
  const reader = partition.reader()
  while (reader.poll(record => void got.push(record.text()!)) > 0);
  assert.equal(
    got,
    Array.from({length: sent}, (_, i) => String(i)),
  )
  assert.is(partition.metrics().highWatermark, sent)
})

test.run()
