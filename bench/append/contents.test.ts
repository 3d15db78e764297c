import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {WrongResult} from '../harness/check.ts'
import {Contents} from './contents.ts'
import {bytesPayload, type Payload, textPayload, valueIndex} from './payload.ts'

const RANGE = {first: 1000, count: 50}

function readBack(payload: Payload, {first, count}: {first: number; count: number}): Contents {
  const contents = new Contents()
  for (let i = first; i < first + count; i++) {
    const value = payload.buffers[valueIndex(i)]!
    value.copy(contents.bytes, contents.next(value.length))
  }
  return contents
}

for (const payload of [bytesPayload('bytes', 100), textPayload('text', 100), bytesPayload('large', 100_000)]) {
  test(`${payload.name}: what was appended is recognized`, () => {
    readBack(payload, RANGE).expect('log', payload, RANGE)
  })
}

test('a record too few, one too many, other records and a changed byte are found', () => {
  const payload = bytesPayload('100 B', 100)
  const expectWrong = (contents: Contents) =>
    assert.throws(
      () => contents.expect('log', payload, RANGE),
      (error: unknown) => error instanceof WrongResult,
    )
  expectWrong(readBack(payload, {...RANGE, count: RANGE.count - 1}))
  expectWrong(readBack(payload, {...RANGE, count: RANGE.count + 1}))
  expectWrong(readBack(payload, {...RANGE, first: RANGE.first + 1}))
  const changed = readBack(payload, RANGE)
  changed.bytes[4711]! ^= 1
  expectWrong(changed)
})

test.run()
