/** What is written is read again, in every version of every message; and whatever else comes is refused, by one kind of error. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OdradekError} from '../../engine/errors.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {codecOf} from '../../engine/wire/codec.ts'
import {WireReader} from '../../engine/wire/wire-reader.ts'
import {WireWriter} from '../../engine/wire/wire-writer.ts'
import {runs} from '../runs.ts'
import {anyMessage} from './any-message.ts'

interface Kind {
  readonly name: WireApi
  readonly side: 'request' | 'response'
  readonly version: number
}

/** Every message in every version. */
const KINDS: readonly Kind[] = (Object.keys(APIS) as WireApi[]).flatMap(name => {
  const [first, last] = APIS[name].versions
  const versions = Array.from({length: last - first + 1}, (_, i) => first + i)
  return versions.flatMap(version => (['request', 'response'] as const).map(side => ({name, side, version})))
})

const codec = ({name, side, version}: Kind) => codecOf(APIS[name], side, version)

function written(kind: Kind, message: object): Buffer {
  const writer = new WireWriter()
  codec(kind).write(writer, message)
  const bytes = Buffer.concat(writer.take())
  assert.is(bytes.length, writer.length)
  return bytes
}

/** Views of bytes as plain arrays of bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

test('what is written is read, to the last byte', () => {
  for (const kind of KINDS)
    fc.assert(
      fc.property(anyMessage(APIS[kind.name][kind.side], kind.version), message => {
        const bytes = written(kind, message)
        const reader = new WireReader(bytes)
        assert.equal(plain(codec(kind).read(reader)), plain(message), `${kind.name} ${kind.side} ${kind.version}`)
        assert.is(reader.left, 0)
      }),
      runs(5),
    )
})

test('a message with everything left out that may be is read with what stands for it', () => {
  for (const kind of KINDS) {
    const read = codec(kind).read(new WireReader(written(kind, {})))
    const again = codec(kind).read(new WireReader(written(kind, read)))
    assert.equal(plain(again), plain(read))
  }
})

test('bytes of any kind are a message, or refused', () => {
  const anyKind = fc.constantFrom(...KINDS)
  // a message with some of its bytes changed or cut off comes further than noise
  const anyBytes = anyKind.chain(kind =>
    fc.tuple(
      fc.constant(kind),
      anyMessage(APIS[kind.name][kind.side], kind.version),
      fc.array(fc.tuple(fc.nat(), fc.nat({max: 255})), {maxLength: 4}),
      fc.option(fc.nat(), {nil: undefined}),
    ),
  )
  fc.assert(
    fc.property(anyBytes, ([kind, message, changes, cut]) => {
      const bytes = written(kind, message)
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
      refusesOrReads(kind, cut === undefined ? bytes : bytes.subarray(0, cut % (bytes.length + 1)))
    }),
    runs(500),
  )
  fc.assert(
    fc.property(anyKind, fc.uint8Array({maxLength: 200}), (kind, bytes) => refusesOrReads(kind, bytes)),
    runs(500),
  )
})

function refusesOrReads(kind: Kind, bytes: Uint8Array): void {
  try {
    codec(kind).read(new WireReader(bytes))
  } catch (error) {
    assert.instance(error, OdradekError)
    assert.is((error as OdradekError).code, 'INVALID_REQUEST')
  }
}

test.run()
