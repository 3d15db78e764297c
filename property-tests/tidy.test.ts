/** The house rules: first that each of them can fail, on small made-up houses, then that our own tree keeps them. */
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {blank} from './runner/blank.ts'
import {importsOf} from './runner/imports.ts'
import {untidy} from './runner/tidy.ts'

const tidy = (sources: Record<string, string>) => untidy({sources, dependencies: ['piscina', '@node-rs/crc32']})

/** [what, file, its text]: each is one violation, whose sentence contains the fourth. */
const VIOLATIONS: readonly (readonly [string, string, string, string])[] = [
  ['an upward import', 'engine/log/log.ts', "import {Replica} from '../replica/replica.ts'", 'above it'],
  ['an upward import of a type', 'engine/bytes/a.ts', "import type {B} from '../log/log.ts'", 'above it'],
  ['an upward re-export', 'client/log.ts', "export {openLog} from '../index.ts'", 'above it'],
  ['an upward dynamic import', 'engine/log/log.ts', "const a = await import('../../workers/a.ts')", 'above it'],
  ['an upward import over lines', 'engine/log/log.ts', "import {\n  a,\n  b,\n} from '../broker/a.ts'", 'log.ts:4'],
  ['an import for its effect', 'engine/log/log.ts', "import '../broker/a.ts'", 'above it'],
  ['siblings: client and workers', 'client/log.ts', "import {a} from '../workers/a.ts'", 'beside it'],
  ['siblings: group and replica', 'engine/group/a.ts', "import {a} from '../replica/a.ts'", 'beside it'],
  ['siblings: record and memory', 'engine/record/a.ts', "import {a} from '../memory/a.ts'", 'beside it'],
  ['a sibling in a test', 'client/log.test.ts', "import {a} from '../workers/a.ts'", 'beside it'],
  ['the ground importing', 'engine/errors.ts', "import {assert} from './assert.ts'", 'imports nothing'],
  ['a shipped file importing a bench', 'client/a.ts', "import {a} from '../bench/a.ts'", 'nobody may import'],
  ['a shipped file importing a test', 'engine/a/b.ts', "import {a} from '../log/a.ts'", 'no floor'],
  ['an example behind the door', 'examples/a/main.ts', "import {a} from '../../client/log.ts'", 'index.ts only'],
  ['an example on a package', 'examples/a/main.ts', "import {a} from 'kafkajs'", 'none of the dependencies'],
  ['node:fs in the engine', 'engine/log/log.ts', "import {readSync} from 'node:fs'", 'no world'],
  ['node:worker_threads in the engine', 'engine/memory/a.ts', "import {a} from 'node:worker_threads'", 'no world'],
  ['a bare fs', 'workers/storage.ts', "import {readSync} from 'fs'", 'without node:'],
  ['a devDependency in shipped code', 'client/a.ts', "import {a} from 'fast-check'", 'none of the dependencies'],
  ['no extension', 'engine/log/log.ts', "import {a} from './segment'", 'without its extension'],
  ['a compiled extension', 'engine/log/log.ts', "import {a} from './segment.js'", 'without its extension'],
  ['a clock', 'engine/log/log.ts', 'const now = Date.now()', 'log.ts:1 Date.now'],
  ['a date', 'engine/log/log.ts', 'const now = new Date()', 'new Date'],
  ['a fine clock', 'engine/log/log.ts', '\n\nconst now = performance.now()', 'log.ts:3 performance.now'],
  ['chance', 'engine/replica/a.ts', 'const a = Math.random()', 'Math.random'],
  ['chance inside a template', 'engine/replica/a.ts', 'const a = `${{a: `${Math.random()}`}.a}`', 'Math.random'],
  ['the process', 'engine/log/log.ts', 'if (process.env.A) throw 1', 'process.'],
  ['an atomic outside the memory', 'engine/log/log.ts', 'Atomics.load(words, 0)', 'engine/memory/'],
  ['a passed-on Atomics', 'engine/log/log.ts', 'const {load} = Atomics', 'engine/memory/'],
  ['a camelCase file', 'engine/log/offsetIndex.ts', '', 'kebab-case'],
  ['a file that stands nowhere', 'engine/utils/a.ts', '', 'no floor'],
  ['a second door', 'main.ts', '', 'no floor'],
  ['a promise', 'engine/log/log.ts', `// ${'TO' + 'DO'}: later`, 'do it'],
  ['coverage left out', 'engine/log/log.ts', '/* c8 ignore next 3 */\nthrow 1', 'reason'],
  ['coverage left out for a while', 'engine/log/log.ts', '/* c8 ignore start */', 'reason'],
  ['coordinators in a client', 'client/a.ts', "import {a} from '../engine/coordinator/a.ts'", 'only to brokers'],
  ['a client’s letter', 'client/a.ts', 'send(`coordinator-${id}`, {})', 'only to brokers'],
  ['a client’s letter to all', 'client/a.ts', 'send(EVERY.coordinator, {})', 'only to brokers'],
  ['a test that hides others', 'engine/log/log.test.ts', "test.only('a', () => {})", 'hides'],
]

for (const [what, path, source, sentence] of VIOLATIONS) {
  test(`found: ${what}`, () => {
    const complaints = tidy({[path]: source})
    assert.ok(complaints.length > 0, 'nothing was found')
    assert.ok(
      complaints.some(text => text.includes(sentence)),
      complaints.join('\n'),
    )
  })
}

test('found: a circle, also of types', () => {
  const complaints = tidy({
    'engine/log/a.ts': "import {b} from './b.ts'",
    'engine/log/b.ts': "import {c} from './c.ts'",
    'engine/log/c.ts': "import type {A} from './a.ts'",
  })
  assert.equal(complaints, ['engine/log/a.ts → engine/log/b.ts → engine/log/c.ts → engine/log/a.ts is a circle'])
})

const ALLOWED: readonly (readonly [string, string, string])[] = [
  ['skipping floors', 'index.ts', "import {a} from './engine/bytes/a.ts'"],
  ['the same room', 'engine/broker/00-produce.ts', "import {a} from './01-fetch.ts'"],
  ['a folder of the same room', 'workers/supervisor.ts', "import {a} from './pool/jobs.ts'"],
  ['the ground from anywhere', 'engine/bytes/a.ts', "import {assert} from '../assert.ts'"],
  ['a test of the ground', 'engine/errors.test.ts', "import {a} from './errors.ts'\nimport {test} from 'uvu'"],
  ['tests using the world', 'engine/log/log.test.ts', "import {a} from 'node:fs'\nconst now = Date.now()"],
  ['a test that may skip', 'workers/a.test.ts', "import {skip} from '../property-tests/runner/skip.ts'"],
  ['a bench looking in', 'bench/a.ts', "import {a} from '../engine/log/log.ts'\nimport {Bench} from 'tinybench'"],
  ['an example as users write it', 'examples/a/main.ts', "import {openLog} from 'odradek'\nimport {a} from './b.ts'"],
  ['an example with another package', 'examples/a.ts', "import {openLog} from 'odradek'\nimport {pino} from 'pino'"],
  ['what coordinators say', 'client/a.ts', "import type {A} from '../engine/coordinator/a.ts'"],
  ['a dependency', 'workers/pool/pool.ts', "import Piscina from 'piscina'"],
  ['atomics at home', 'engine/cluster/replica-line.ts', 'Atomics.load(words, 0)'],
  ['words in prose', 'engine/log/log.ts', "// not Date.now()\nthrow Error('the process. Atomics') /* Math.random */"],
  ['words in a template', 'engine/log/log.ts', 'const a = `no ${b} process. ${c}`'],
  ['quotes in a pattern', 'engine/log/log.ts', 'const a = b.match(/[\'"`/]/)\n// import {a} from "fs"'],
  ['a property of that name', 'engine/log/log.ts', 'this.process.run()'],
  ['a reasoned ignore', 'engine/log/log.ts', '/* c8 ignore start -- other systems only */\n/* c8 ignore stop */'],
]

for (const [what, path, source] of ALLOWED) {
  test(`allowed: ${what}`, () => {
    assert.equal(tidy({[path]: source}), [])
  })
}

test('blanking keeps every line and column', () => {
  const source = 'const a = `x${`y${"z"}`}` / 2 // b\n/* c\n */ d = e / f / g'
  const {code, comments} = blank(source)
  assert.is(code, 'const a = ` ${` ${" "}`}` / 2     \n    \n    d = e / f / g')
  assert.equal(
    comments.map(({text}) => text),
    ['// b', '/* c\n */'],
  )
})

test('imports are found with their lines', () => {
  const source = "import a, {b} from 'x'\nexport * from\n  \"./y.ts\"\nvoid import(`z`)\nArray.from('n')"
  assert.equal(importsOf(source), [
    {name: 'x', line: 1},
    {name: './y.ts', line: 3},
    {name: 'z', line: 4},
  ])
})

test('our own house is tidy', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const sources: Record<string, string> = {}
  const collect = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), {withFileTypes: true})) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !/^(\..*|node_modules|dist|coverage)$/.test(entry.name)) collect(path)
      else if (entry.isFile() && entry.name.endsWith('.ts')) sources[path] = readFileSync(join(root, path), 'utf8')
    }
  }
  collect('')
  assert.ok(Object.keys(sources).length > 10, `only ${Object.keys(sources).length} sources found from ${root}`)
  const {dependencies} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const complaints = untidy({sources, dependencies: Object.keys(dependencies)})
  assert.is(complaints.length, 0, `\n    ${complaints.join('\n    ')}`)
})

test.run()
