/** The program as a test of the usual test runners, in the ways they can be told to load modules. */
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {succeeds, withInstall} from './checks.ts'
import {bin, equipment, folderOf, NODE_BINARY} from './equipment.ts'

const {project, tools, nodes} = equipment()

const ESM = `
import {reach} from './program.js'
test('reach', async () => {
  expect((await reach('./attach.js')).logEndOffset).toBe(103)
}, 30_000)
`
/** Jest's own way: the test is CommonJS, and what it asks for is not transformed, as it comes from node_modules. */
const COMMON_JS = (how: string) => `
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
test('reach', async () => {
  const {openLog} = ${how}
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-reach-'))
  const log = await openLog(dir)
  const {baseOffset} = await log.send([{key: 'a', value: new Uint8Array(3)}, 'b'])
  expect(baseOffset).toBe(0)
  expect(log.reader().poll(record => expect(record.offset).toBeLessThan(2))).toBe(2)
  expect((await log.verify()).ok).toBe(true)
  await log.close()
  fs.rmSync(dir, {recursive: true})
}, 30_000)
`

function folderWith(name: string, file: string, text: string): string {
  const folder = folderOf(project, name)
  fs.writeFileSync(path.join(folder, file), text)
  // without this Jest takes the folder above, with the tests of all the others
  fs.writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({type: file.endsWith('.cjs') ? 'commonjs' : 'module'}),
  )
  return folder
}

for (const pool of ['threads', 'forks']) {
  withInstall(test, `vitest, ${pool}`, tools, async tools => {
    const cwd = folderWith(`vitest-${pool}`, 'reach.test.js', ESM)
    await succeeds([bin(tools, 'vitest', 'vitest.mjs'), 'run', '--globals', `--pool=${pool}`], {cwd})
  })
}

withInstall(test, 'vitest, with the package put through its own transform', tools, async tools => {
  const cwd = folderWith('vitest-inline', 'reach.test.js', ESM)
  const config = "export default {test: {server: {deps: {inline: ['odradek']}}}}"
  fs.writeFileSync(path.join(cwd, 'vitest.config.mjs'), config)
  const output = await succeeds([bin(tools, 'vitest', 'vitest.mjs'), 'run', '--globals'], {cwd})
  // of a source map that is not there, say
  assert.not.match(output, /odradek.dist/)
})

const VM_MODULES = {NODE_OPTIONS: '--experimental-vm-modules'}
const jest = (tools: string): string[] => [bin(tools, 'jest', 'bin/jest.js'), '--testMatch=**/reach.test.*']

withInstall(test, 'jest, ESM', tools, async tools => {
  await succeeds(jest(tools), {cwd: folderWith('jest-esm', 'reach.test.js', ESM), env: VM_MODULES})
})

withInstall(test, 'jest, its default transform, with import() in a test of CommonJS', tools, async tools => {
  const cwd = folderWith('jest-import', 'reach.test.cjs', COMMON_JS("await import('odradek')"))
  await succeeds(jest(tools), {cwd, env: VM_MODULES})
})

const node = nodes['24']!
withInstall(
  test,
  'jest, its default transform, with require() in Node 24',
  'folder' in node ? tools : node,
  async tools => {
    const cwd = folderWith('jest-require', 'reach.test.cjs', COMMON_JS("require('odradek')"))
    const binary = path.join((node as {folder: string}).folder, 'node_modules', NODE_BINARY, 'bin/node')
    await succeeds(jest(tools), {cwd, node: binary, env: VM_MODULES})
  },
)

test.run()
