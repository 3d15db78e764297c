/** A bundle of one file, run where the package is not to be found: its threads are started from the text the build made of them. */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {rollup} from '@rollup/wasm-node'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {INLINED_THREAD} from '../../workers/inlined-thread.ts'
import {skip} from '../runner/skip.ts'
import {tempDir} from './temp-dir.ts'

const program = fileURLToPath(new URL('../reach/project/', import.meta.url))
const door = fileURLToPath(new URL('../../index.js', import.meta.url))

/** One of the programs of test:reach with the log in it, as text. */
async function bundleOf(name: string, format: 'es' | 'cjs'): Promise<string> {
  const bundle = await rollup({
    input: `${program}${name}.js`,
    external: id => id.startsWith('node:'),
    plugins: [{name: 'odradek', resolveId: id => (id === 'odradek' ? door : null)}],
  })
  const {output} = await bundle.generate({format, inlineDynamicImports: true})
  await bundle.close()
  return output[0].code
}

for (const [format, extension] of [
  ['es', '.mjs'],
  ['cjs', '.cjs'],
] as const) {
  const name = `a program bundled as ${format} uses every door and recovers, with nothing beside it`
  const run = async (): Promise<void> => {
    const cwd = tempDir()
    for (const part of ['main', 'attach']) fs.writeFileSync(`${cwd}/${part}${extension}`, await bundleOf(part, format))
    const script = [`main${extension}`, `attach${extension}`]
    const {status, stdout, stderr} = spawnSync(process.execPath, script, {cwd, encoding: 'utf8', timeout: 20_000})
    assert.is(stderr, '')
    assert.is(stdout, 'reached 103\n')
    assert.is(status, 0)
  }
  if (INLINED_THREAD === '') skip(test, name, 'tsc alone does not make the text of the threads; npm run build does')
  else test(name, run)
}

test.run()
