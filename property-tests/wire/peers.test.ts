/**
 * What we answer, as two clients written by others read it: every response that they know, in every version, comes out with all values that went in,
 * in their order. What these clients ask is proven with them as they are, in `clients.test.ts`.
 */
import {existsSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {Reader} from '@platformatic/kafka'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type ErrorCode, wireNumber} from '../../engine/errors.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {codecOf} from '../../engine/wire/codec.ts'
import type {Field, Shape} from '../../engine/wire/field.ts'
import {WireWriter} from '../../engine/wire/wire-writer.ts'
import {runs} from '../runs.ts'
import {anyMessage} from './any-message.ts'

type Message = Readonly<Record<string, unknown>>
type Decode = (bytes: Buffer) => unknown

const require = createRequire(import.meta.url)
const KAFKAJS = join(dirname(require.resolve('kafkajs/package.json')), 'src/protocol/requests')
// the door of this one shows no decoder by itself
const PLATFORMATIC = join(dirname(require.resolve('@platformatic/kafka')), 'apis')

/** Where a peer does not tell all values in their order, or fails at what Kafka's schema allows. */
const THEIR_WAYS: readonly RegExp[] = [
  // sorted by name
  /^(CreateTopics|DeleteTopics|CreatePartitions) \d kafkajs/,
  // as a map, with names beside the numbers, with an error object, or in part
  /^Metadata (9|10) platformatic/,
  /^ApiVersions \d platformatic/,
  /^DeleteGroups \d kafkajs/,
  /^DescribeConfigs \d/,
  // another order of the first two fields, another shape, or lengths above 127
  /^OffsetDelete 0 platformatic/,
  /^OffsetForLeaderEpoch 4 platformatic/,
  /^(AlterPartitionReassignments|ListPartitionReassignments) 0 kafkajs/,
  // its decoder is made by a function
  /^DeleteRecords \d kafkajs/,
]

async function peersOf(name: WireApi, version: number): Promise<[string, Decode][]> {
  const peers: [string, Decode][] = []
  const theirs = join(KAFKAJS, `${name[0]!.toLowerCase()}${name.slice(1)}`, `v${version}/response.js`)
  if (existsSync(theirs)) peers.push(['kafkajs', bytes => require(theirs).decode(bytes)])
  const file = `${name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}-v${version}.js`
  for (const room of ['admin', 'consumer', 'metadata', 'producer']) {
    const path = join(PLATFORMATIC, room, file)
    if (!existsSync(path)) continue
    const {parseResponse} = await import(pathToFileURL(path).href)
    peers.push(['platformatic', bytes => parsed(() => parseResponse(0, APIS[name].key, version, Reader.from(bytes)))])
  }
  return peers
}

/** An answer that tells of an error is thrown by this peer, with the answer in it. */
function parsed(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    const {response} = error as {response?: unknown}
    if (response === undefined) throw error
    return response
  }
}

/** Without tagged fields and records: these the peers do not show as they are. */
function bare(shape: Shape, version: number, message: Message): Message {
  const present = Object.entries(shape).filter(
    ([_, {since, until, tag}]) => tag === undefined && version >= since && version <= until,
  )
  return Object.fromEntries(present.map(([name, field]) => [name, bareValue(field, version, message[name])]))
}

function bareValue(field: Field, version: number, value: unknown): unknown {
  if (value === null || field.kind === 'records') return null
  if (field.kind === 'struct') return bare(field.shape!, version, value as Message)
  if (field.kind !== 'array') return value
  return (value as unknown[]).map(each => bareValue(field.element!, version, each))
}

/** All values of a message in their order. How long to wait has its own names everywhere; what is null, or nothing, is told in many ways. */
function values(value: unknown, name = ''): string[] {
  if (value === null || value === undefined || /throttle/i.test(name)) return []
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('hex')]
  if (Array.isArray(value)) return value.flatMap(each => values(each))
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.entries(value).flatMap(([inner, each]) => values(each, inner))
  if (/errorCode$/i.test(name) && typeof value === 'string') return [String(wireNumber(value as ErrorCode))]
  return [String(value).replace(HYPHENATED, uuid => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url'))]
}

const HYPHENATED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test('kafkajs and @platformatic/kafka read what we write', async () => {
  let pairs = 0
  for (const name of Object.keys(APIS) as WireApi[]) {
    const {versions, response} = APIS[name]
    for (let version = versions[0]; version <= versions[1]; version++)
      for (const [peer, decode] of await peersOf(name, version)) {
        const what = `${name} ${version} ${peer}`
        if (THEIR_WAYS.some(way => way.test(what))) continue
        pairs++
        const check = fc.asyncProperty(anyMessage(response, version), async message => {
          const told = bare(response, version, message)
          const writer = new WireWriter()
          codecOf(APIS[name], 'response', version).write(writer, told)
          assert.equal(values(await decode(Buffer.concat(writer.take()))), values(told), what)
        })
        await fc.assert(check, runs(4))
      }
  }
  assert.ok(pairs > 100, `${pairs} responses are known to a peer`)
})

test.run()
