import {test} from 'uvu'
import {testPrograms} from '../door/document-programs.ts'

testPrograms('docs/kafkajs.md', 5)

test.run()
