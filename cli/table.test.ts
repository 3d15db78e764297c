import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tableLines} from './table.ts'

const same = (text: string) => text
const plain = {bold: same, dim: same, red: same, green: same, yellow: same}

test('columns are as wide as they must be, those of numbers to the right', () => {
  assert.equal(
    tableLines(
      ['NAME', 'N', 'WHO'],
      [
        ['a', '7', '-'],
        ['longer', '-', '-'],
        ['b', '120', '-'],
      ],
      plain,
    ),
    ['  NAME      N  WHO', '  a         7  -', '  longer    -  -', '  b       120  -'],
  )
})

test.run()
