import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {BatchBuilder} from '../engine/record/batch-builder.ts'
import {RecordWalker} from '../engine/record/record-walker.ts'
import {LineError, parseExported, parseLine} from './parse-record.ts'
import {toJson} from './record-json.ts'

const parse = (text: string) => parseExported(Buffer.from(text))

/** A record as it is stored, and the walker on it. */
function walkerOn(
  key: string | Uint8Array | null,
  value: string | Uint8Array | null,
  headers: [string, string | Uint8Array | null][],
): RecordWalker {
  const builder = new BatchBuilder(4096)
  builder.add(key, value, 5, headers)
  const walker = new RecordWalker(new Uint8Array(builder.finish()))
  walker.enter(0)
  walker.next()
  return walker
}

test('a record as export prints it comes back the same', () => {
  const binary = Buffer.from([0xff, 0, 0xc3])
  for (const [key, value, headers] of [
    ['k', 'v\n"\u2028ü\u0000', []],
    [null, null, [['a', null]]],
    [
      '',
      '',
      [
        ['b', ''],
        ['a', '1'],
        ['b', '2'],
        ['1', 'x'],
      ],
    ],
    [binary, binary, [['', binary]]],
    ['\ufeffmark', '{"base64":"AA=="}', []],
  ] as [string | Uint8Array | null, string | Uint8Array | null, [string, string | Uint8Array | null][]][]) {
    const line = JSON.stringify(toJson(walkerOn(key, value, headers)))
    const record = parse(line) as {key: null; value: null; headers?: [string, null][]; timestamp: number}
    assert.is(record.timestamp, 5)
    assert.is(JSON.stringify(toJson(walkerOn(record.key, record.value, record.headers ?? []))), line)
  }
})

test('bytes that are not UTF-8 are base64, and text that looks like it is text', () => {
  assert.equal(toJson(walkerOn(Buffer.from([0xff]), 'base64', [])), {
    offset: 0,
    timestamp: 5,
    key: {base64: '/w=='},
    value: 'base64',
  })
})

test('a line that is no exported record says why', () => {
  for (const [line, why] of [
    ['no JSON', 'not JSON'],
    ['[1]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['{"key":"k"}', 'there is no field value'],
    ['{"value":"v","msg":1}', 'there is a field msg'],
    ['{"value":5}', 'value is text, null or'],
    ['{"value":{"base64":5}}', 'value is text, null or'],
    ['{"value":{"base64":"?"}}', 'value is not in base64'],
    ['{"value":"v","key":[]}', 'key is text, null or'],
    ['{"value":"v","headers":{"a":"b"}}', 'headers are a list'],
    ['{"value":"v","headers":[["a"]]}', 'headers are a list'],
    ['{"value":"v","headers":[["a",1]]}', 'header a is text'],
  ] as const)
    assert.throws(
      () => parse(line),
      (error: unknown) => error instanceof LineError && error.message.includes(why),
      line,
    )
})

test('a line as a value, with its key and time where they are asked for', () => {
  const line = (text: string, key?: string, timestamp?: string) => {
    const {value, ...rest} = Object(parseLine(Buffer.from(text), {key, timestamp})) as {value: Buffer}
    return {...rest, value: value?.toString()}
  }
  const bytes = Buffer.from([0xff, 0])
  assert.is(parseLine(bytes, {key: undefined, timestamp: undefined}), bytes)
  assert.equal(line('{"id":7,"at":5}', 'id', 'at'), {key: '7', timestamp: 5, value: '{"id":7,"at":5}'})
  assert.equal(line('{"id":"x"}', 'id'), {key: 'x', value: '{"id":"x"}'})
  assert.equal(line('{"id":null}', 'id'), {value: '{"id":null}'})
  assert.equal(line('{"at":"1970-01-01T00:00:01Z"}', undefined, 'at'), {
    timestamp: 1000,
    value: '{"at":"1970-01-01T00:00:01Z"}',
  })
  assert.throws(() => line('{"at":true}', undefined, 'at'), /field at is no time/)
  assert.throws(() => line('{"a":1}', undefined, 'at'), /field at is no time/)
  assert.throws(() => line('text', 'id'), /not JSON/)
})

test.run()
