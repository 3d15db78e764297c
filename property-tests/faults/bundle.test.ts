/** A bundle of one file, run where the package is not to be found: its threads are started from the text the build made of them. */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {rollup} from '@rollup/wasm-node'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../door/temp-dir.ts'
import {userEnv} from '../door/user-env.ts'

const program = fileURLToPath(new URL('../reach/project/', import.meta.url))
const door = fileURLToPath(import.meta.resolve('odradek'))

/** The program of test:reach and its worker, each with the log in it. */
const bundles = await Promise.all(
  ['main', 'attach'].map(async part => {
    const bundle = await rollup({
      input: `${program}${part}.js`,
      external: id => id.startsWith('node:'),
      plugins: [{name: 'odradek', resolveId: id => (id === 'odradek' ? door : null)}],
    })
    return {part, bundle}
  }),
)

for (const [format, extension] of [
  ['es', '.mjs'],
  ['cjs', '.cjs'],
] as const) {
  test(`a program bundled as ${format} uses every door and recovers, with nothing beside it`, async () => {
    const cwd = tempDir()
    for (const {part, bundle} of bundles) {
      const {output} = await bundle.generate({format, inlineDynamicImports: true})
      fs.writeFileSync(`${cwd}/${part}${extension}`, output[0].code)
    }
    const script = [`main${extension}`, `attach${extension}`]
    const {status, stdout, stderr} = spawnSync(process.execPath, script, {
      cwd,
      env: userEnv(),
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.is(stderr, '')
    assert.is(stdout, 'reached 103\n')
    assert.is(status, 0)
  })
}

test.run()
