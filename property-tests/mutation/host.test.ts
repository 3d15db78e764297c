import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Host} from './host.ts'
import {Reached} from './reached.ts'
import {ENDS} from './trial.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const module = 'engine/bytes/int64.js'
const source = fs.readFileSync(path.join(root, 'dist', module), 'utf8')
const trial = {test: 'engine/bytes/int64.test.js', environment: {}}
const LIMIT_MS = 60_000

test('one host runs what is green, what is red and what never ends, and nothing of one is left in the next', async () => {
  const host = new Host(root)
  try {
    const isGreen = async () => {
      const told = await host.ask({trial, limitMs: LIMIT_MS, covers: true})
      assert.ok('tests' in told && told.tests > 0)
      assert.is(told.problem, undefined)
      const reached = new Reached(told.ranges)
      assert.ok(reached.has(module, source.indexOf('return')))
      assert.not(reached.has('engine/bytes/varint.js', 1))
    }
    const ask = (text: string, limitMs = LIMIT_MS) => host.ask({trial, changed: {module, text}, limitMs})
    await isGreen()
    const red = await ask(source.replaceAll('return', 'return 1 +'))
    assert.ok('problem' in red && red.problem !== undefined)
    await isGreen()
    const late = await ask(`${source}\nvoid Promise.reject(new Error('nobody waits for it'))`)
    assert.match('problem' in late ? `${late.problem}` : '', 'nobody waits for it')
    await isGreen()
    assert.equal(await ask(`${source}\nfor (;;);`, 200), {ended: ENDS.SIGXCPU})
    assert.match(JSON.stringify(await ask(`${source}\nprocess.exit(3)`)), 'exit code 3')
    await isGreen()
  } finally {
    host.close()
  }
})

test.run()
