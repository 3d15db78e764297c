/** The scheduler itself: that it tells right protocols from wrong ones, and where functions begin and end. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {blank} from '../runner/blank.ts'
import {findFunctions, matchBrackets} from './code/functions.ts'
import {load} from './code/load.ts'
import {exhaust} from './explore.ts'
import {describe, formatSchedule, parseSchedule} from './report.ts'
import {Runtime} from './runtime.ts'
import type {Textbook} from './scenarios/textbook.ts'
import {Scheduler} from './scheduler.ts'

const runtime = new Runtime()
const scheduler = new Scheduler(runtime)
const FILE = 'property-tests/interleavings/scenarios/textbook.ts'
const {modules, sites} = await load([FILE], runtime, {})
const textbook = modules.get(FILE)!['textbook'] as readonly Textbook[]

for (const protocol of textbook) {
  for (const machine of ['strong', 'weak'] as const) {
    test(`${protocol.name}: ${protocol[machine] ? 'right' : 'wrong'} on a ${machine} machine`, () => {
      const {red} = exhaust(scheduler, protocol, {weak: machine === 'weak'}, 3)
      assert.is(red === undefined, protocol[machine], red?.failure?.message)
    })
  }
}

test('a schedule is printed so that it can be read back', () => {
  const lost = textbook.find(({name}) => name === 'two loads and stores')!
  const world = {weak: true, kill: {actor: 1, step: 2}}
  const line = formatSchedule(lost, world, [0, 0, 1, 0])
  assert.is(line, 'two-loads-and-stores weak kill:actor1@2 actor0:2 actor1:1 actor0:1')
  assert.equal(parseSchedule(line, textbook), {scenario: lost, world, grants: [0, 0, 1, 0]})
  assert.throws(() => parseSchedule('nothing strong', textbook), /no scenario/)
  assert.throws(() => parseSchedule('two-loads-and-stores strong x:1', textbook), /no actor/)
})

test('a red schedule is told turn by turn', () => {
  const lost = textbook.find(({name}) => name === 'two loads and stores')!
  const {red} = exhaust(scheduler, lost, {weak: false}, 3)
  const text = describe(lost, {weak: false}, red!, sites)
  assert.match(text, /SCHEDULE='two-loads-and-stores strong actor0:1 actor1:3 actor0:2'/)
  assert.match(text, /actor1 +property-tests\/interleavings\/scenarios\/textbook.ts +loadAndStore: Atomics.store/)
})

test('functions of every shape are found', () => {
  const source = `class A {
    #x = () => this.#go(1)
    constructor(a) { if (a) { b() } }
    get size() { return 1 }
    static make(a = {}) { for (const x of y) { z() } }
    async *#go(n) { while (n) { await 0 } }
    [Symbol.dispose]() {}
  }
  function f(g) { return function () { return x => ({x}) } }
  const h = async (a, b) => [a, b], k = c => c`
  const {code} = blank(source)
  const found = findFunctions(code, matchBrackets(code)).map(
    ({kind, name, opaque}) => `${opaque ? 'opaque ' : ''}${kind} ${name}`,
  )
  assert.equal(found.sort(), [
    'arrow ',
    'arrow k',
    'arrow x',
    'constructor constructor',
    'function ',
    'function f',
    'getter size',
    'method ',
    'method make',
    'opaque arrow h',
    'opaque method go',
  ])
  assert.throws(() => matchBrackets('({)}'), /do not match/)
})

test.run()
