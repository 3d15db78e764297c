/** Our schemas against those of Kafka, field by field. Kafka's are no part of this project: where they are not at hand, this says so. */
import {existsSync, readFileSync} from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Api} from '../../engine/wire/api.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import type {Field, Shape} from '../../engine/wire/field.ts'
import {skip} from '../runner/skip.ts'

/** A folder with Kafka's schemas, as `clients/src/main/resources/common/message` has them. */
const FOLDER = process.env['KAFKA_MESSAGES'] ?? '/work/shared/kafka-protocol/messages/common'

interface TheirField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: unknown
  readonly fields?: readonly TheirField[]
}

interface Theirs {
  readonly apiKey: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly TheirField[]
}

function theirs(name: string): Theirs {
  const text = readFileSync(`${FOLDER}/${name}.json`, 'utf8')
  // a string, which may look like a comment, or a comment
  return JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|\/\/.*/g, '$1'))
}

/** Both ends of "3+", "2-5" or "4". */
function range(versions: string | undefined): [number, number] {
  const [_, first, open, last] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions ?? '') ?? []
  if (first === undefined) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return [Number(first), open === undefined ? Number(last ?? first) : Number.POSITIVE_INFINITY]
}

const ours = (name: string): string => name[0]!.toLowerCase() + name.slice(1)

/** What a version of one field is like, in words that both sides can be put in. */
function describeTheirs(field: TheirField, version: number): object {
  const [element, isArray] = field.type.startsWith('[]') ? [field.type.slice(2), true] : [field.type, false]
  const isError = element === 'int16' && field.name.endsWith('ErrorCode')
  const type = isError ? 'error' : field.fields === undefined ? element : 'struct'
  const [firstNull, lastNull] = range(field.nullableVersions)
  return {
    type: isArray ? `[]${type}` : type,
    nullable: version >= firstNull && version <= lastNull,
    tag: field.taggedVersions === undefined ? undefined : field.tag,
    default: isArray || field.fields !== undefined ? undefined : theirDefault(field, type),
  }
}

function theirDefault({default: value}: TheirField, type: string): unknown {
  if (value === 'null') return null
  if (type === 'string') return value ?? ''
  if (type === 'bool') return value === 'true' || value === true
  if (type === 'uuid' || type === 'bytes' || type === 'records') return undefined
  if (type === 'error') return 'NONE'
  const number = Number(value ?? 0)
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER
}

function describeOurs(field: Field, version: number): object {
  const {kind, element} = field
  const hasDefault = kind !== 'array' && kind !== 'struct' && kind !== 'uuid' && kind !== 'bytes' && kind !== 'records'
  return {
    type: kind === 'array' ? `[]${element!.kind}` : kind,
    nullable: version >= field.nullable,
    tag: field.tag,
    default: hasDefault ? field.default : undefined,
  }
}

function compare(our: Shape, their: readonly TheirField[], version: number, path: string): void {
  const theirsNow = their.filter(({versions}) => version >= range(versions)[0] && version <= range(versions)[1])
  const oursNow = Object.entries(our).filter(([_, {since, until}]) => version >= since && version <= until)
  assert.equal(
    oursNow.map(([name]) => name),
    theirsNow.map(({name}) => ours(name)),
    `${path}: the fields in their order`,
  )
  for (const [i, [name, field]] of oursNow.entries()) {
    const theirField = theirsNow[i]!
    assert.equal(describeOurs(field, version), describeTheirs(theirField, version), `${path}.${name}`)
    const shape = field.shape ?? field.element?.shape
    if (shape !== undefined) compare(shape, theirField.fields!, version, `${path}.${name}`)
  }
}

const NAME = 'our schemas are those of Kafka in every version'
if (!existsSync(FOLDER)) skip(test, NAME, 'the schemas of Kafka are not at hand (KAFKA_MESSAGES names their folder)')
else
  test(NAME, () => {
    for (const name of Object.keys(APIS) as WireApi[]) {
      const api: Api = APIS[name]
      for (const side of ['request', 'response'] as const) {
        const their = theirs(`${name}${side === 'request' ? 'Request' : 'Response'}`)
        assert.is(their.apiKey, api.key)
        const [first, last] = range(their.validVersions)
        assert.is(api.versions[0], first)
        // its newest version is marked as not final
        assert.is(api.versions[1], name === 'InitProducerId' ? last - 1 : last, name)
        assert.is(api.flexible, range(their.flexibleVersions)[0], name)
        for (let version = api.versions[0]; version <= api.versions[1]; version++)
          compare(api[side], their.fields, version, `${name} ${side} ${version}`)
      }
    }
  })

test.run()
