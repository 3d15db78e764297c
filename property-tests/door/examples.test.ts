/** Every example on a log of its own runs as it stands, in an empty directory, twice, ends by itself and prints what it promises. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ON_A_LOG, WITH_KAFKAJS} from './examples-output.ts'
import {exampleNames, testExamples} from './run-examples.ts'

test('every example has a test', () => {
  assert.equal(exampleNames().sort(), [...Object.keys(ON_A_LOG), ...Object.keys(WITH_KAFKAJS)].sort())
})

testExamples(ON_A_LOG, {times: 2})

test.run()
