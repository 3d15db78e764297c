import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {isTopicName} from '../log/segment-files.ts'
import {refuseTopicName, unified} from './topic-names.ts'

const NAMES: readonly (readonly [unknown, string | undefined])[] = [
  ['a', undefined],
  ['a.b_c-D9', undefined],
  ['...', undefined],
  ['x'.repeat(249), undefined],
  ['', 'a topic name is not empty'],
  ['.', "a topic name is not '.'"],
  ['..', "a topic name is not '..'"],
  ['x'.repeat(250), 'a topic name has at most 249 characters, not 250'],
  ['a b', "topic name 'a b' has other characters than letters, digits, . _ and -"],
  ['a/b', "topic name 'a/b' has other characters than letters, digits, . _ and -"],
  ['ä', "topic name 'ä' has other characters than letters, digits, . _ and -"],
  ['a\n', "topic name 'a\n' has other characters than letters, digits, . _ and -"],
  [7, 'a topic name is text'],
]

for (const [name, message] of NAMES) {
  test(`the name ${JSON.stringify(name).slice(0, 20)} ${message === undefined ? 'is fine' : 'is refused'}`, () => {
    const expected = message === undefined ? undefined : {error: 'INVALID_TOPIC_EXCEPTION', message}
    assert.equal(refuseTopicName(name), expected)
    if (typeof name === 'string') assert.is(isTopicName(name), message === undefined)
  })
}

test('names are alike where . and _ are the difference', () => {
  assert.is(unified('a.b_c.d'), unified('a_b.c_d'))
  assert.is.not(unified('a.b'), unified('a-b'))
})

test.run()
