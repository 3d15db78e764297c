/**
 * Compiled modules that nobody has used yet, one of them changed: each trial has its own, so that nothing is left of the one before. Packages
 * and what Node.js brings are everybody's, except uvu, in whose place the trial's own tests are gathered.
 */
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import vm from 'node:vm'
import type {GatheredTests} from './gathered-tests.ts'
import type {Changed} from './trial.ts'

const texts = new Map<string, string>()

function textOf(url: string): string {
  let text = texts.get(url)
  if (text === undefined) texts.set(url, (text = fs.readFileSync(fileURLToPath(url), 'utf8')))
  return text
}

export class FreshModules {
  readonly #dist: string
  readonly #changed: Changed | undefined
  readonly #gathered: GatheredTests
  readonly #modules = new Map<string, vm.Module>()

  constructor(dist: string, changed: Changed | undefined, gathered: GatheredTests) {
    this.#dist = dist
    this.#changed = changed
    this.#gathered = gathered
  }

  async evaluate(name: string): Promise<void> {
    const module = await this.#load(this.#dist + name)
    await module.link((specifier, from) => this.#resolve(specifier, from.identifier))
    await module.evaluate()
  }

  #resolve(specifier: string, from: string): Promise<vm.Module> {
    return this.#load(specifier.startsWith('.') ? new URL(specifier, from).href : specifier)
  }

  async #load(url: string): Promise<vm.Module> {
    const there = this.#modules.get(url)
    if (there !== undefined) return there
    const module = url.startsWith(this.#dist) ? this.#compile(url) : await this.#given(url)
    // two that wait for the same package: the first one's is everybody's
    const first = this.#modules.get(url)
    if (first !== undefined) return first
    this.#modules.set(url, module)
    return module
  }

  #compile(url: string): vm.Module {
    const name = url.slice(this.#dist.length)
    const text = this.#changed?.module === name ? this.#changed.text : textOf(url)
    return new vm.SourceTextModule(text, {
      identifier: url,
      initializeImportMeta: meta => {
        meta.url = url
      },
      importModuleDynamically: async specifier => {
        const module = await this.#resolve(specifier, url)
        if (module.status === 'unlinked') {
          await module.link((wanted, from) => this.#resolve(wanted, from.identifier))
        }
        if (module.status === 'linked') await module.evaluate()
        return module
      },
    })
  }

  async #given(specifier: string): Promise<vm.Module> {
    const exported: Record<string, unknown> =
      specifier === 'uvu' ? {...this.#gathered.uvu} : {...((await import(specifier)) as object)}
    return new vm.SyntheticModule(Object.keys(exported), function () {
      for (const [name, value] of Object.entries(exported)) this.setExport(name, value)
    })
  }
}
