import {inspect} from 'node:util'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {BatchBuilder, type Header} from '../engine/record/batch-builder.ts'
import {RecordWalker} from '../engine/record/record-walker.ts'
import {LogRecord, RecordView} from './log-record.ts'

/** A walker on the one record of a batch that starts at `at`. */
function walkerOn(
  value: string | null,
  headers: readonly Header[] = [],
  key: string | null = 'key',
  at = 0,
): RecordWalker {
  const builder = new BatchBuilder(1000)
  builder.add(key, value, 5, headers)
  const bytes = new Uint8Array(2000)
  bytes.set(builder.finish(), at)
  const walker = new RecordWalker(bytes)
  walker.enter(at)
  assert.ok(walker.next())
  return walker
}

function shown(walker: RecordWalker): RecordView {
  const view = new RecordView()
  RecordView.show(view, walker)
  return view
}

const HEADERS: readonly Header[] = [
  ['a', '1'],
  ['b', null],
  ['a', '2'],
  ['a', null],
]

for (const [what, make] of [
  ['kept', (walker: RecordWalker) => new LogRecord(walker, walker.bytes, 0)],
  ['kept on a copy of its bytes', (walker: RecordWalker) => new LogRecord(walker, walker.bytes.slice(300), 300)],
  ['of poll', shown],
] as const) {
  test(`a record ${what} gives its parts`, () => {
    const record = make(walkerOn('{"n":1}', HEADERS, 'key', 300))
    assert.equal([record.offset, record.timestamp, String(record.key)], [0, 5, 'key'])
    assert.equal([String(record.value), record.text(), record.json()], ['{"n":1}', '{"n":1}', {n: 1}])
    assert.equal(record.headers, {a: [Buffer.from('1'), Buffer.from('2'), null], b: null})
    assert.ok(Buffer.isBuffer(record.key) && Buffer.isBuffer(record.value))
    const empty = make(walkerOn('', [], null, 300))
    assert.equal([empty.key, empty.value, empty.text(), empty.headers], [null, Buffer.alloc(0), '', {}])
    const none = make(walkerOn(null, [], '', 300))
    assert.equal([none.key, none.value, none.text(), none.json()], [Buffer.alloc(0), null, '', null])
    assert.throws(() => make(walkerOn('no json', [], null, 300)).json(), /JSON/)
  })
}

test('a record prints and turns into JSON as text', () => {
  const record = new LogRecord(walkerOn('v', HEADERS), walkerOn('v', HEADERS).bytes, 0)
  assert.equal(JSON.parse(JSON.stringify(record)), {
    offset: 0,
    timestamp: 5,
    key: 'key',
    value: 'v',
    headers: {a: ['1', '2', null], b: null},
  })
  assert.match(inspect(record), /offset: 0.*timestamp: 5/s)
})

test('bytes of a value can be looked at and copied without an object', () => {
  const view = shown(walkerOn('abc'))
  assert.is(view.valueByte(2), 0x63)
  for (const i of [-1, 3, Number.NaN])
    assert.throws(
      () => view.valueByte(i),
      (error: OdradekError) => error.code === 'INVALID_ARGUMENT',
    )
  const target = new Uint8Array(4)
  assert.is(view.copyValue(target, 1), 3)
  assert.equal([...target], [0, 0x61, 0x62, 0x63])
  assert.is(shown(walkerOn(null)).copyValue(target), -1)
  for (const at of [2, -1, Number.NaN])
    assert.throws(
      () => view.copyValue(target, at),
      (error: OdradekError) => error.code === 'INVALID_ARGUMENT',
    )
})

test('headers that run past their record are not read', () => {
  const walker = walkerOn('v', [['h', 'x']])
  walker.headerCount = 200
  assert.throws(
    () => new LogRecord(walker, walker.bytes.slice(0, walker.headersStart + 2), 0).headers,
    (error: OdradekError) => error.code === 'CORRUPT_MESSAGE',
  )
})

test.run()
