import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {checkOptions, checkSignal, describe} from './arguments.ts'

test('any value can be shown in a message, and briefly', () => {
  for (const [value, shown] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [false, 'false'],
    [1.5, 'the number 1.5'],
    [5n, 'the bigint 5n'],
    ['x', "the string 'x'"],
    [Symbol('s'), 'the symbol Symbol(s)'],
    [() => 1, 'a function'],
    [[1, 2], 'an array ([ 1, 2 ])'],
    [[], 'an empty array'],
    [{a: {b: {}}}, 'an object ({ a: [Object] })'],
    [{}, 'an empty object'],
    [Object.create(null), 'an empty object'],
    [new Map(), 'an object (Map(0) {})'],
    [new (class Options {})(), 'an object (Options {})'],
    [new URL('https://example.org/x.js'), 'the URL https://example.org/x.js'],
    [new TypeError('no'), 'the error TypeError: no'],
  ] as const)
    assert.is(describe(value), shown)
  assert.ok(describe('x'.repeat(1e6)).length < 200)
  for (const large of [new Uint8Array(1e6), {['x'.repeat(1e6)]: 1}, [new Array(1000).fill(5)].flat()])
    assert.ok(describe(large).length < 300)
})

test('options are an object with known names', () => {
  const refuses = (options: unknown, words: string): void =>
    assert.throws(
      () => checkOptions('flush', options, ['durability']),
      (error: OdradekError) => error.code === 'INVALID_ARGUMENT' && error.message.includes(words),
    )
  checkOptions('flush', {}, ['durability'])
  checkOptions('flush', {durability: 5}, ['durability'])
  refuses(null, 'the options of flush are an object, not null')
  refuses([], 'the options of flush are an object')
  refuses({durabilty: 'synced'}, 'flush has no option durabilty; it has durability')
})

test('a signal is an AbortSignal or left out', () => {
  checkSignal(undefined)
  checkSignal(new AbortController().signal)
  assert.throws(
    () => checkSignal(new AbortController()),
    (error: OdradekError) => error.code === 'INVALID_ARGUMENT',
  )
})

test.run()
