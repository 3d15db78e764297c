import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {parseProperties} from './properties.ts'

const parse = (text: string) => parseProperties(text, 'f').map(({name, value, where}) => [name, value, where])

test('lines as Java reads them', () => {
  assert.equal(parse('# a comment\n! another\n\n a = 1 \nb:2\r\nc 3\nd\n  e=  f=g  \npath=C\\:\\\\x\nk\\=ey=v\n'), [
    ['a', '1', 'f:4'],
    ['b', '2', 'f:5'],
    ['c', '3', 'f:6'],
    ['d', '', 'f:7'],
    ['e', 'f=g', 'f:8'],
    ['path', 'C:\\x', 'f:9'],
    ['k=ey', 'v', 'f:10'],
  ])
})

test('a line goes on behind a backslash at its end, but not behind two', () => {
  assert.equal(parse('a=1,\\\n   2,\\\n\t3\nb=x\\\\\nc=\\u0041\\t.\nd=end\\'), [
    ['a', '1,2,3', 'f:1'],
    ['b', 'x\\', 'f:4'],
    ['c', 'A\t.', 'f:5'],
    ['d', 'end', 'f:6'],
  ])
})

test.run()
