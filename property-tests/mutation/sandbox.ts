/** A copy of everything compiled, in which one module at a time is another one. */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {tempDir} from '../door/temp-dir.ts'
import {runChild} from '../runner/child.ts'
import {judge} from '../runner/verdict.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export class Sandbox {
  readonly #home = tempDir()

  constructor() {
    for (const name of ['dist', 'package.json']) {
      fs.cpSync(path.join(root, name), path.join(this.#home, name), {recursive: true})
    }
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(this.#home, 'node_modules'))
  }

  /** Puts `text` in the place of a compiled module. */
  write(module: string, text: string): void {
    fs.writeFileSync(path.join(this.#home, 'dist', module), text)
  }

  /** Whether one of the tests notices, all in one process: it fails, or does not end. */
  async isRed(tests: string | readonly string[], limitMs: number, environment: NodeJS.ProcessEnv): Promise<boolean> {
    const {output, ending} = await runChild(this.#entry([tests].flat()), limitMs, environment)
    return judge(output, ending).failed > 0
  }

  #entry(tests: readonly string[]): string {
    const paths = tests.map(name => path.join(this.#home, 'dist', name))
    if (paths.length === 1) return paths[0]!
    const entry = path.join(this.#home, 'dist', 'together.js')
    const files = paths.map(name => pathToFileURL(name).href)
    // as uvu's own runner does it: suites that run by themselves would each overwrite the exit code of those before
    fs.writeFileSync(
      entry,
      `globalThis.UVU_DEFER = 1
const {exec} = await import('uvu')
UVU_QUEUE.push([null])
for (const file of ${JSON.stringify(files)}) await import(file)
await exec(true)
`,
    )
    return entry
  }
}
