import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import {CACHE_LINE_BYTES} from '../limits.ts'
import {LINE_WORDS, struct} from './struct.ts'

const words = (count: number) => Array.from({length: count}, (_, i) => `word${i}`)

test('each writer has a cache line, each field a word of it', () => {
  const {at, low, words, halves, bytes} = struct('Pair', {reader: ['seen'], writer: ['end', 'start'], nobody: []})
  assert.equal(at, {seen: 0, end: LINE_WORDS, start: LINE_WORDS + 1})
  assert.equal(low, {seen: 0, end: 2 * LINE_WORDS, start: 2 * LINE_WORDS + 2})
  assert.equal([words, halves], [3 * LINE_WORDS, 6 * LINE_WORDS])
  assert.is(bytes, 3 * CACHE_LINE_BYTES)
})

test('a struct without lines takes no room', () => {
  assert.equal(struct('Nothing', {}), {words: 0, halves: 0, bytes: 0, at: {}, low: {}})
})

test('a line takes as many fields as it has words, and not one more', () => {
  assert.is(struct('Full', {writer: words(LINE_WORDS)}).bytes, CACHE_LINE_BYTES)
  assert.throws(
    () => struct('Fuller', {writer: words(LINE_WORDS + 1)}),
    (error: Error) => error instanceof AssertionFailed && error.message === 'Fuller: writer outgrows its cache line',
  )
})

test.run()
