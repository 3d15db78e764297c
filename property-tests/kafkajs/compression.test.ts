/** Codecs at `odradek/kafkajs`: those of Node.js, those that a program puts into `CompressionCodecs`, and what Kafka's own tools wrote. */
import fs from 'node:fs'
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import zlib from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type CompressionCodec, CompressionCodecs, CompressionTypes, Kafka} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'

const {None, GZIP, Snappy, LZ4, ZSTD} = CompressionTypes
const {compressSync, uncompressSync} = createRequire(import.meta.url)('snappy')
const {compressFrameSync, decompressFrameSync} = createRequire(import.meta.url)('lz4-napi')
const hasZstd = 'zstdCompressSync' in zlib

let cluster: Cluster
let kafka: Kafka
const defaults = {...CompressionCodecs}

test.before(async () => {
  cluster = await openCluster({replicaThreads: 2})
  kafka = new Kafka({brokers: cluster, logLevel: 0})
})
test.after.each(() => void Object.assign(CompressionCodecs, defaults))
test.after(() => cluster.close())

async function read(topic: string, count: number, of = kafka): Promise<string[]> {
  const consumer = of.consumer({groupId: `of-${topic}`, retry: {retries: 0}})
  await consumer.connect()
  await consumer.subscribe({topic, fromBeginning: true})
  const texts: string[] = []
  try {
    for await (const {value} of consumer.messages()) if (texts.push(String(value)) === count) break
  } finally {
    await consumer.disconnect()
  }
  return texts
}

const messages = (count: number, from = 0) =>
  Array.from({length: count}, (_, i) => ({value: `${from + i} ${'text '.repeat(10)}`}))
const numbers = (texts: string[]) => texts.map(text => Number.parseInt(text, 10))

/** As kafkajs-snappy and kafkajs-lz4 are: asynchronous, over another package. */
function codec(of: {compress: (bytes: Buffer) => Buffer; decompress: (bytes: Buffer) => Buffer}) {
  const calls: string[] = []
  const made: CompressionCodec = {
    async compress(encoder) {
      calls.push('compress')
      await new Promise(resolve => setTimeout(resolve, 5))
      return of.compress(encoder.buffer)
    },
    async decompress(bytes) {
      calls.push('decompress')
      return of.decompress(bytes)
    },
  }
  return {calls, make: () => made}
}

test('a codec that is put in writes and reads, and what is sent later stays behind it', async () => {
  await using producer = kafka.producer()
  await producer.connect()
  for (const [name, number, of] of [
    ['snappy', Snappy, {compress: compressSync, decompress: uncompressSync}],
    ['lz4', LZ4, {compress: compressFrameSync, decompress: decompressFrameSync}],
  ] as const) {
    const {calls, make} = codec(of)
    CompressionCodecs[number] = make
    const sends = [messages(100), messages(50, 100), messages(3000, 150)].map((list, i) =>
      producer.send({topic: name, messages: list, compression: i === 1 ? None : number}),
    )
    const sent = await Promise.all(sends)
    assert.equal(
      sent.map(([metadata]) => metadata!.baseOffset),
      ['0', '100', '150'],
    )
    assert.equal(
      numbers(await read(name, 3150)),
      Array.from({length: 3150}, (_, i) => i),
    )
    assert.ok(calls.filter(call => call === 'compress').length >= 2)
    assert.ok(calls.filter(call => call === 'decompress').length >= 2)
    // this package reads them by itself as well
    CompressionCodecs[number] = defaults[number]!
    const door = await cluster.partition(name)
    let records = 0
    door.reader().poll(() => records++)
    assert.is(records, 3150)
    await door.close()
    assert.ok(fs.statSync(`${cluster.handle.brokerDirs[1]}/${name}-0/00000000000000000000.log`).size < 40_000)
  }
})

test('a codec that fails, or writes what Java cannot read: nothing is stored, and what follows is', async () => {
  await using producer = kafka.producer()
  await producer.connect()
  const refused = async (number: number, compress: (bytes: Buffer) => Buffer, problem: RegExp) => {
    CompressionCodecs[number] = codec({compress, decompress: bytes => bytes}).make
    const failing = producer.send({topic: 'refused', messages: messages(10), compression: number})
    const next = producer.send({topic: 'refused', messages: [{value: 'next'}]})
    const error = await failing.then(
      () => assert.unreachable(String(problem)),
      error => error,
    )
    assert.match(error.message, problem)
    await next
  }
  await refused(Snappy, () => assert.unreachable('broken') as never, /broken/)
  await refused(Snappy, bytes => bytes.subarray(0, 5), /neither a block/)
  await refused(LZ4, () => Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, 0, 0, 0, 0]), /depend on one another/)
  await refused(LZ4, () => Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x83, 0, 0, 0, 0]), /fails its check/)
  await refused(GZIP, () => Buffer.from('gzip'), /another mark/)
  await refused(ZSTD, () => 'text' as never, /no Buffer/)
  assert.equal(await read('refused', 6), Array(6).fill('next'))
})

test('a codec that cannot undo what is stored is told of', async () => {
  await using producer = kafka.producer()
  await producer.connect()
  const throws = () => {
    throw new Error('not mine')
  }
  await producer.send({topic: 'undone', messages: messages(100), compression: GZIP})
  CompressionCodecs[GZIP] = codec({compress: bytes => bytes, decompress: throws}).make
  const error = await read('undone', 100).then(
    () => assert.unreachable(),
    error => error,
  )
  assert.match(error.message, 'records do not decompress with gzip: not mine')
})

test('the codecs there are from the start have KafkaJS’ shape', async () => {
  const plain = Buffer.from('plain '.repeat(100))
  for (const number of [GZIP, ...(hasZstd ? [ZSTD] : [])]) {
    const {compress, decompress} = CompressionCodecs[number]!() as CompressionCodec
    const squeezed = await compress({buffer: plain})
    assert.ok(squeezed.length < plain.length)
    assert.equal(await decompress(squeezed), plain)
  }
  for (const number of [Snappy, LZ4]) assert.throws(() => CompressionCodecs[number]!(), /compression not implemented/)
})

test('what Kafka’s own tools compressed is read', async () => {
  const dir = tempDir()
  const sample = fileURLToPath(new URL('../../../property-tests/kafka/sample/log-dir', import.meta.url))
  for (const name of ['meta.properties', 'codecs-0'])
    fs.cpSync(`${sample}/${name}`, `${dir}/${name}`, {recursive: true})
  await using opened = await openCluster({dirs: [dir], topicConfigs: {'retention.ms': -1}})
  const of = new Kafka({brokers: opened, logLevel: 0})
  // 20 records each in gzip, snappy, lz4, zstd
  const count = hasZstd ? 80 : 60
  const texts = await read('codecs', count, of)
  assert.equal([...new Set(texts.map(({length}) => length))], [100])
  if (hasZstd) return
  CompressionCodecs[ZSTD] = codec({compress: bytes => bytes, decompress: () => Buffer.alloc(0)}).make
  const consumer = of.consumer({groupId: 'zstd', retry: {retries: 0, restartOnFailure: async () => false}})
  await consumer.subscribe({topic: 'codecs', fromBeginning: true})
  const error = await (async () => {
    for await (const _ of consumer.messages());
  })().catch(error => error)
  assert.match(error.message, 'record')
  await consumer.disconnect()
})

test.run()
