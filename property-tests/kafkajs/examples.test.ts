/** Every example with KafkaJS' clients runs as it stands and prints what it promises; in test:faults again on what it left. */
import {test} from 'uvu'
import {WITH_KAFKAJS} from '../door/examples-output.ts'
import {testExamples} from '../door/run-examples.ts'
import {times} from '../runs.ts'

testExamples(WITH_KAFKAJS, {times: times(1, 2)})

test.run()
