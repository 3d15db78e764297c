/** Bundles of the program, run where neither the package nor the place they were built in can be found. */
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../door/temp-dir.ts'
import {prints, succeeds, withInstall} from './checks.ts'
import {bin, equipment} from './equipment.ts'

const {project, tools} = equipment()

interface Bundle {
  readonly extension: '.mjs' | '.cjs'
  /** Bundles main.js and attach.js into `target`, and odradek/thread into thread.mjs where that is wanted. */
  readonly build: (bundle: {tools: string; cwd: string; target: string; thread: boolean}) => Promise<unknown>
}

function esbuild(format: 'esm' | 'cjs', ...more: string[]): Bundle {
  const extension = format === 'esm' ? '.mjs' : '.cjs'
  return {
    extension,
    async build({tools, cwd, target, thread}) {
      const flags = ['--bundle', '--platform=node', `--format=${format}`, `--outdir=${target}`, ...more]
      const script = bin(tools, 'esbuild', 'bin/esbuild')
      const entries = ['main.js', 'attach.js', ...(thread ? ['thread=odradek/thread'] : [])]
      const output = await succeeds(
        [script, ...entries, ...flags, `--out-extension:.js=${extension}`, '--log-level=warning'],
        {cwd},
      )
      assert.is(output, '')
    },
  }
}

function rolldown(format: 'esm' | 'cjs'): Bundle {
  const extension = format === 'esm' ? '.mjs' : '.cjs'
  return {
    extension,
    async build({tools, cwd, target, thread}) {
      const config = {
        input: {main: './main.js', attach: './attach.js', ...(thread ? {thread: 'odradek/thread'} : {})},
        platform: 'node',
        output: {
          dir: target,
          format,
          entryFileNames: `[name]${extension}`,
          chunkFileNames: `[name]-[hash]${extension}`,
        },
      }
      fs.writeFileSync(path.join(cwd, 'rolldown.config.mjs'), `export default ${JSON.stringify(config)}`)
      const output = await succeeds([bin(tools, 'rolldown', 'bin/cli.mjs'), '-c'], {cwd})
      assert.not.match(output, /warn/i)
    },
  }
}

/** Webpack writes the place of each source into the bundle, for `import.meta.url`. */
function webpack(module: boolean): Bundle {
  const extension = module ? '.mjs' : '.cjs'
  return {
    extension,
    async build({tools, cwd, target, thread}) {
      const entry = {main: './main.js', attach: './attach.js', ...(thread ? {thread: 'odradek/thread'} : {})}
      const config = {
        mode: 'production',
        target: 'node20',
        context: cwd,
        entry,
        experiments: {outputModule: module},
        output: {path: target, module, filename: `[name]${extension}`},
      }
      const script = `
        const webpack = require(${JSON.stringify(bin(tools, 'webpack', ''))})
        webpack(${JSON.stringify(config)}, (error, stats) => {
          const words = error?.stack ?? stats.toString({all: false, errors: true, warnings: true})
          console.log(words)
          process.exitCode = words === '' ? 0 : 1
        })`
      await succeeds(['-e', script], {cwd})
    },
  }
}

const BUNDLES: Readonly<Record<string, Bundle>> = {
  'esbuild, ESM': esbuild('esm'),
  'esbuild, ESM in chunks and minified': esbuild('esm', '--splitting', '--minify'),
  // esbuild warns of every import.meta in CommonJS, which has none; the log asks before it uses it
  'esbuild, CommonJS': esbuild('cjs', '--log-override:empty-import-meta=silent'),
  'rolldown, ESM': rolldown('esm'),
  'rolldown, CommonJS': rolldown('cjs'),
  'webpack, ESM': webpack(true),
  'webpack, CommonJS': webpack(false),
}

/** Makes a bundle in a copy of the project that is gone when this returns; the folder it is in has nothing else. */
async function bundled(bundle: Bundle, tools: string, thread: boolean): Promise<string> {
  const cwd = path.join(tempDir(), 'project')
  fs.cpSync(project, cwd, {recursive: true})
  const target = path.join(tempDir(), 'a bundle, 100%')
  await bundle.build({tools, cwd, target, thread})
  fs.rmSync(cwd, {recursive: true})
  return target
}

for (const [name, bundle] of Object.entries(BUNDLES)) {
  const {extension} = bundle
  withInstall(test, `${name}: the bundle runs alone`, tools, async tools => {
    const cwd = await bundled(bundle, tools, false)
    await prints('reached 103', [`main${extension}`, `attach${extension}`], {cwd})
  })
}

for (const name of ['esbuild, ESM', 'rolldown, CommonJS', 'webpack, ESM']) {
  const {extension} = BUNDLES[name]!
  withInstall(test, `${name}: threads run the bundled odradek/thread that workerEntry names`, tools, async tools => {
    const cwd = await bundled(BUNDLES[name]!, tools, true)
    const thread = `thread${extension}`
    await prints('reached 103', [`main${extension}`, `attach${extension}`, thread], {cwd})
    // it is this script that they run
    fs.writeFileSync(path.join(cwd, thread), '')
    const failure = await succeeds([`main${extension}`, `attach${extension}`, thread], {cwd}).catch(error => error)
    assert.match(String(failure.message), 'REPLICA_CRASHED')
  })
}

test.run()
