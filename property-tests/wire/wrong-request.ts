import fc from 'fast-check'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {anyMessage} from './any-message.ts'
import {frameOf} from './wire-client.ts'

/** How the bytes of a request are changed: a byte here and there, a piece that is missing, doubled, or full of what reads as a great number. */
type Change = readonly [kind: 'byte' | 'cut' | 'double' | 'huge', at: number, value: number]

const anyChange: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('byte', 'cut', 'double', 'huge'),
  fc.nat(),
  fc.nat({max: 255}),
)

const KINDS = (Object.keys(APIS) as WireApi[]).flatMap(name => {
  const [first, last] = APIS[name].versions
  return Array.from({length: last - first + 1}, (_, i) => ({name, version: first + i}))
})

/** A frame with a request of any kind that makes little sense, or none. Often only what it is about is wrong; its frame is whole. */
export function anyWrongRequest(except: readonly WireApi[] = []): fc.Arbitrary<Buffer> {
  return fc
    .constantFrom(...KINDS.filter(({name}) => !except.includes(name)))
    .chain(({name, version}) =>
      fc
        .tuple(anyMessage(APIS[name].request, version), fc.array(anyChange, {maxLength: 3}))
        .map(([message, changes]) => changed(frameOf(name, version, 7, message), changes)),
    )
}

/** Changes what lies behind the key and the version, and has the length fit again. */
function changed(frame: Buffer, changes: readonly Change[]): Buffer {
  let body = frame.subarray(8)
  for (const [kind, where, value] of changes) {
    const at = where % (body.length + 1)
    const piece = body.subarray(at, at + 1 + (value % 8))
    const after = body.subarray(at + piece.length)
    if (kind === 'byte') body[at] = value
    else if (kind === 'cut') body = Buffer.concat([body.subarray(0, at), after])
    else if (kind === 'double') body = Buffer.concat([body.subarray(0, at), piece, piece, after])
    else body = Buffer.concat([body.subarray(0, at), Buffer.from('7fffffff', 'hex'), after])
  }
  const whole = Buffer.concat([frame.subarray(0, 8), body])
  whole.writeInt32BE(whole.length - 4)
  return whole
}
