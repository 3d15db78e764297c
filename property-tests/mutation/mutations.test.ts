import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {mutated, mutationsOf} from './mutations.ts'

const results = (line: string): string[] => {
  const source = `x();\n    ${line}\n`
  return mutationsOf(source)
    .filter(mutation => mutation.line === 2)
    .map(mutation => mutated(source, mutation).split('\n')[1]!.trim())
}

test('operators, constants, conditions and calls become others', () => {
  assert.equal(results('if (a < b)'), ['if (a <= b)'])
  assert.equal(results('return a !== b || c;'), ['return a === b || c;', 'return a !== b && c;'])
  assert.equal(results('const a = b + 7;'), ['const a = b - 7;', 'const a = b + 8;'])
  assert.equal(results('if (!a)'), ['if (a)'])
  assert.equal(results('let a = Math.min(b, true);'), ['let a = Math.max(b, true);', 'let a = Math.min(b, false);'])
  assert.equal(results('this.#file.sync();'), [';'])
  assert.equal(results('count++;'), ['count--;'])
})

test('text, comments, imports and assertions stay', () => {
  for (const line of [
    "f('a < 1 && b');",
    'let a; // b < 1',
    "import { a } from 'b1';",
    "assert(a < 1, 'so');",
    'a2.b3',
  ])
    assert.equal(
      results(line).filter(text => text !== ';'),
      [],
    )
})

test('a mutation tells its line as it was and as it is', () => {
  const [found] = mutationsOf('a();\nif (a > b)\n  c\n')
  assert.equal([found!.line, found!.before, found!.after], [2, 'if (a > b)', 'if (a >= b)'])
})

test.run()
