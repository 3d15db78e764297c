import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {checkNames, checkRecord, NO_HEADERS, type RecordInput, toHeaders, toParts} from './record.ts'

const invalid =
  (words: string) =>
  (error: OdradekError): boolean =>
    error.code === 'INVALID_RECORD' && error.message.includes(words)

test('a record is taken apart, with null for what it leaves out', () => {
  const bytes = new Uint8Array(2)
  assert.equal(toParts('v'), {key: null, value: 'v', timestamp: undefined, headers: []})
  assert.equal(toParts(bytes), {key: null, value: bytes, timestamp: undefined, headers: []})
  assert.equal(toParts({value: null}), {key: null, value: null, timestamp: undefined, headers: []})
  assert.equal(toParts({key: 'k', value: 'v', timestamp: 0, headers: {a: '1', b: ['2', null]}}), {
    key: 'k',
    value: 'v',
    timestamp: 0,
    headers: [
      ['a', '1'],
      ['b', '2'],
      ['b', null],
    ],
  })
  assert.is(toHeaders(undefined), NO_HEADERS)
})

test('what is wrong is named, with what is right', () => {
  for (const [record, words] of [
    [7, 'a record is a string, bytes or {key, value, headers, timestamp}, not the number 7'],
    [{value: undefined}, 'value is a string, bytes or null, not undefined'],
    [{value: 'v', key: true}, 'key is a string, bytes or null, not true'],
    [{value: 'v', timestamp: '5'}, "timestamp is a whole number of ms since 1970, not the string '5'"],
  ] as const) {
    assert.throws(() => checkRecord(record as unknown as RecordInput), invalid(words))
    assert.throws(() => toParts(record as unknown as RecordInput), invalid(words))
  }
  assert.throws(
    () => toHeaders(new Map([['a', 'b']]) as never),
    invalid('headers are an object with a property a name'),
  )
  assert.throws(() => toHeaders({a: ['x', 5 as never]}), invalid('header a is'))
})

test('a property that no record has is refused by its name, whatever its value', () => {
  for (const stranger of ['val', 'header', 'timeStamp', 'partition', '']) {
    const record = {key: 'k', value: 'v', headers: {}, timestamp: 5, [stranger]: undefined}
    const words = `a record has no property ${stranger}; it has key, value, headers, timestamp`
    assert.throws(() => checkNames(record), invalid(words))
    assert.throws(() => toParts(record), invalid(words))
  }
  class Measured {
    readonly value = 'v'
    readonly unit = 'm'
  }
  assert.throws(() => toParts(new Measured()), invalid('no property unit'))
  for (const record of [{value: 'v'}, {timestamp: 1, headers: {any: 'name'}, value: null, key: null}])
    checkNames(record)
})

test('headers may be a list of pairs, whose order and repeated names are kept', () => {
  const pairs: [string, string | null][] = [
    ['b', '1'],
    ['a', null],
    ['b', '2'],
    ['1', ''],
  ]
  assert.equal(toHeaders(pairs), pairs)
  assert.equal(toHeaders([]), [])
  for (const wrong of [[['a']], [['a', 'b', 'c']], ['ab'], [[1, 'b']], [['a', 5]], [['a', undefined]], [null]])
    assert.throws(() => toHeaders(wrong as never), /INVALID_RECORD: header/)
  assert.throws(() => toHeaders(Array.from({length: 10_001}, () => ['a', ''] as const)), /10000 is the most/)
})

test.run()
