/**
 * The last step of a build: makes dist/package/, which is what a program loads that installs the package. Node takes half a millisecond to load
 * a module, and a log has sixty of them, in each of two threads; so they are put together in a file or two, and the types that the doors
 * speak of stand beside them. What the tests run stays as tsc made it.
 */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {type OutputOptions, rollup} from '@rollup/wasm-node'
import {packageTypes} from './package-types.ts'

const dist = fileURLToPath(new URL('../../', import.meta.url))
const home = path.join(dist, 'package')

/** What is imported or run by name. They share their modules: an error that one throws is an instance of the other's class. */
const DOORS = {
  index: 'index.js',
  cli: 'cli/odradek.js',
  testing: 'property-tests/index.js',
  kafkajs: 'doors/kafkajs.js',
}
/** All of what `openLog` needs at once, and what all commands share: a command waits for none that waits for it. */
const SHARED = {core: [path.join(dist, DOORS.index)], command: [path.join(dist, 'cli/main.js')]}
/** Scripts of threads, looked for under these names; each has all that it needs, as threads share no modules. */
const THREAD = {'odradek-thread': 'workers/odradek-thread.js'}
const JOBS = {'pool/jobs': 'workers/pool/jobs.js'}
const ALONE = {inlineDynamicImports: true}
/** Node starts a thread with a script of CommonJS six milliseconds sooner. The other form is for bundlers. */
const COMMON_JS = {...ALONE, format: 'cjs', entryFileNames: '[name].cjs'} as const

const TYPES = ['index.d.ts', 'workers/odradek-thread.d.ts', 'property-tests/index.d.ts', 'doors/kafkajs.d.ts']

const TEXT = path.join(dist, 'workers/inlined-thread.js')
const TEXT_LINE = /^export const INLINED_THREAD = .*;$/m

const thread = await bundled(THREAD, ALONE)
inline(Object.values(thread)[0]!)
const files = {
  ...thread,
  ...(await bundled(THREAD, COMMON_JS)),
  ...(await bundled(JOBS, ALONE)),
  ...(await bundled(DOORS, {manualChunks: SHARED})),
  ...inFolder('types', packageTypes(dist, TYPES)),
}
for (const [name, text] of Object.entries(files)) replace(path.join(home, name), text)
for (const name of fs.readdirSync(home, {recursive: true, encoding: 'utf8'})) {
  if (/\.(c?js|ts)$/.test(name) && !Object.hasOwn(files, name.replaceAll('\\', '/'))) fs.rmSync(path.join(home, name))
}

function inFolder(folder: string, texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`${folder}/${name.replaceAll('\\', '/')}`, text]),
  )
}

/** The text of each file that comes of these scripts. */
async function bundled(scripts: Readonly<Record<string, string>>, how: OutputOptions): Promise<Record<string, string>> {
  const bundle = await rollup({
    input: Object.fromEntries(Object.entries(scripts).map(([name, file]) => [name, path.join(dist, file)])),
    external: name => !name.startsWith('.') && !path.isAbsolute(name),
    onwarn(warning) {
      throw new Error(`rollup: ${warning.message}`)
    },
  })
  const {output} = await bundle.generate({
    format: 'es',
    chunkFileNames: '[name].js',
    minifyInternalExports: false,
    hoistTransitiveImports: false,
    ...how,
  })
  await bundle.close()
  return Object.fromEntries(
    output.map(file => {
      if (file.type !== 'chunk') throw new Error(`${file.fileName} is no script`)
      return [file.fileName, file.code.replace(/^\/\/# sourceMappingURL=.*\n?/gm, '')]
    }),
  )
}

/** A program that is itself bundled has no file to start its threads from, and starts them from this text. */
function inline(script: string): void {
  const before = fs.readFileSync(TEXT, 'utf8')
  if (!TEXT_LINE.test(before)) throw new Error(`${TEXT} has no INLINED_THREAD`)
  replace(
    TEXT,
    before.replace(TEXT_LINE, () => `export const INLINED_THREAD = ${JSON.stringify(script)};`),
  )
}

/** In one step, and only where it differs: others may be running what is there. */
function replace(file: string, text: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
}
