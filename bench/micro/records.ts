import {SLOT_BYTES} from '../../engine/limits.ts'
import {BatchBuilder, type Bytes, type Header} from '../../engine/record/batch-builder.ts'
import {RecordWalker} from '../../engine/record/record-walker.ts'
import {expectSame} from '../harness/check.ts'
import {OURS} from '../harness/measure.ts'
import type {Piece} from './micro-bench.ts'

interface Shape {
  readonly name: string
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: readonly Header[]
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)

const SHAPES: readonly Shape[] = [
  {name: 'no value', key: null, value: null, headers: []},
  {name: 'bytes of 10', key: null, value: bytes(10), headers: []},
  {name: 'bytes of 100', key: null, value: bytes(100), headers: []},
  {name: 'bytes of 1000', key: null, value: bytes(1000), headers: []},
  {name: 'string of 10', key: null, value: 'a'.repeat(10), headers: []},
  {name: 'string of 100', key: null, value: 'a'.repeat(100), headers: []},
  {name: 'string of 100, not ASCII', key: null, value: 'é'.repeat(50) + 'e'.repeat(50), headers: []},
  {name: 'string key, bytes of 100', key: 'customer-4711', value: bytes(100), headers: []},
  {
    name: 'bytes of 100, two headers',
    key: null,
    value: bytes(100),
    headers: [
      ['trace', 'a1b2'],
      ['kind', bytes(4)],
    ],
  },
]

/** Building and walking a record, by the shape it has. One builder meets all shapes, as in a program that has many. */
export function recordPieces(): Piece[] {
  const builder = new BatchBuilder(SLOT_BYTES)
  return SHAPES.flatMap(shape => {
    const build = (): number => fill(builder, shape)
    const steps = build()
    const batch = builder.bytes.slice(0, builder.size)
    const walker = new RecordWalker(batch)
    const walk = (): void => expectSame(`records walked, ${shape.name}`, walkAll(walker), steps)
    return [
      {subject: OURS, what: `build: ${shape.name}`, steps, run: () => expectSame('records built', build(), steps)},
      {subject: OURS, what: `walk: ${shape.name}`, steps, run: walk},
    ]
  })
}

function fill(builder: BatchBuilder, {key, value, headers}: Shape): number {
  builder.reset()
  while (builder.add(key, value, undefined, headers)) {}
  builder.finish()
  return builder.count
}

function walkAll(walker: RecordWalker): number {
  let count = 0
  walker.enter(0)
  while (walker.next()) count++
  return count
}
