import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../property-tests/runs.ts'
import {linesOf} from './lines.ts'

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (const cut of [...cuts, bytes.length].map(at => Math.min(at, bytes.length)).sort((a, b) => a - b)) {
    yield bytes.subarray(start, cut)
    start = cut
  }
}

async function collect(source: AsyncIterable<Uint8Array>, max = 1000): Promise<string[]> {
  const found: string[] = []
  for await (const lines of linesOf(source, max)) found.push(...lines.map(line => line.toString('latin1')))
  return found
}

test('property: lines are what lies between line feeds, however the bytes come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', '\n', '\r', '\u00ff')),
      fc.array(fc.nat(40)),
      async (characters, cuts) => {
        const text = characters.join('')
        const expected = text.split('\n')
        // the last line feed ends a line; it does not begin one
        if (expected.at(-1) === '') expected.pop()
        assert.equal(await collect(chunksOf(Buffer.from(text, 'latin1'), cuts)), expected)
      },
    ),
    runs(200),
  )
})

test('a line without end is refused before it fills the memory', async () => {
  const endless = async function* () {
    yield Buffer.from('one\n')
    for (;;) yield Buffer.alloc(100)
  }
  await collect(endless()).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, 'line 2 is longer than 1000 bytes'),
  )
})

test.run()
