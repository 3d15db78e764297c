import {test} from 'uvu'
import {testPrograms} from './document-programs.ts'

testPrograms('README.md', 5)
testPrograms('docs/testing-with-it.md', 4)

test.run()
