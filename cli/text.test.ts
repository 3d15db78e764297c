import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {bytesText, countText, harmless, sizeText, timeText} from './text.ts'

test('sizes have three digits', () => {
  assert.equal([0, 999, 1000, 999_499, 999_500, 1.5e9, 7e18].map(sizeText), [
    '0 B',
    '999 B',
    '1.00 kB',
    '999 kB',
    '1.00 MB',
    '1.50 GB',
    '7.00e+3 PB',
  ])
})

test('counts agree with their nouns', () => {
  assert.equal(
    [countText(1, 'batch', 'batches'), countText(0, 'batch', 'batches'), countText(2, 'key')],
    ['1 batch', '0 batches', '2 keys'],
  )
})

test('times that are no dates stay numbers', () => {
  assert.equal([0, -1, Number.MAX_SAFE_INTEGER].map(timeText), [
    '1970-01-01T00:00:00.000Z',
    '-1',
    String(Number.MAX_SAFE_INTEGER),
  ])
})

test('what a record holds cannot command a terminal', () => {
  assert.is(harmless('a\u001b[2Jb\r\n\u009b\u202e\u0000ü'), 'a\\u001b[2Jb\\u000d\\u000a\\u009b\\u202e\\u0000ü')
  assert.is(bytesText(Buffer.from('tab\there')), 'tab\\u0009here')
  assert.is(bytesText(Buffer.from([0xff, 1])), 'base64:/wE=')
  assert.is(bytesText(null), 'null')
})

test.run()
