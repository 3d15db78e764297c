/**
 * npm run test:reach: the package as npm packs it, installed as a user installs it, under other versions of Node, bundlers, test
 * runners and compilers. They are fetched from the registry once and kept in `.reach-cache/`.
 *
 *   npm run test:reach                all
 *   npm run test:reach -- bundlers    files whose name contains one of the words
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {runFiles, sourceName} from '../runner/run-files.ts'
import {command} from './command.ts'
import {copyPrograms, type Equipment, NODE_BINARY, NODES, TOOLS} from './equipment.ts'
import {type Install, install, installed} from './installs.ts'

const FILE_LIMIT_MS = 180_000

const dist = fileURLToPath(new URL('../../', import.meta.url))
const root = fileURLToPath(new URL('.', import.meta.resolve('odradek/package.json')))
const cache = path.join(root, '.reach-cache')
const words = process.argv.slice(2)
const names = fs
  .readdirSync(`${dist}/property-tests/reach`)
  .filter(name => name.endsWith('.test.js'))
  .filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
  .map(name => `property-tests/reach/${name}`)
  .sort()

// outside the repository, or its own node_modules would be found
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-reach-'))
process.once('exit', () => fs.rmSync(home, {recursive: true, force: true}))

const project = path.join(home, 'a project')
const {code, output} = await command('npm', ['pack', '--silent', '--pack-destination', home], {cwd: root})
if (code !== 0) throw new Error(`npm pack: ${output}`)
const tarball = fs.readdirSync(home).find(name => name.endsWith('.tgz'))!
const problem = await install(project, [path.join(home, tarball)])

if (problem !== undefined) {
  console.log(`${problem.excused ? 'skipped' : 'FAIL'}  ${problem.missing}`)
  const [failed, skipped] = problem.excused ? [0, names.length] : [names.length, 0]
  console.log(`\n0 passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = problem.excused ? 0 : 1
} else {
  copyPrograms(project, '.js')
  const nodes: Record<string, Install> = {}
  for (const version of NODES) nodes[version] = await installed(cache, {[NODE_BINARY]: version})
  const equipment: Equipment = {project, tools: await installed(cache, TOOLS), nodes}
  process.env['REACH_EQUIPMENT'] = JSON.stringify(equipment)
  if (names.length === 0) console.log('no test file matches')
  process.exitCode = await runFiles({dist, names, concurrency: 2, fileLimitMs: FILE_LIMIT_MS})
}
