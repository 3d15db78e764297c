/**
 * A step of the build, after tsc: fills dist/workers/inlined-thread.js with the script of the log's threads and all it imports,
 * as text. A bundle starts its threads from that, as it has no file to start them from.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {rollup} from '@rollup/wasm-node'

const workers = fileURLToPath(new URL('../../workers/', import.meta.url))
const target = `${workers}inlined-thread.js`
const LINE = /^export const INLINED_THREAD = .*;$/m

const bundle = await rollup({
  input: `${workers}odradek-thread.js`,
  external: name => name.startsWith('node:'),
  onwarn(warning) {
    throw new Error(`rollup: ${warning.message}`)
  },
})
const {output} = await bundle.generate({format: 'es', inlineDynamicImports: true})
await bundle.close()
if (output.length !== 1) throw new Error(`the script of the threads became ${output.length} files`)

const before = readFileSync(target, 'utf8')
if (!LINE.test(before)) throw new Error(`${target} has no INLINED_THREAD`)
const text = JSON.stringify(output[0].code.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
const after = before.replace(LINE, () => `export const INLINED_THREAD = ${text};`)
if (after !== before) writeFileSync(target, after)
