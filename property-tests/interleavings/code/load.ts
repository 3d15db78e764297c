/** Loads compiled modules in a form that the scheduler can stop before every touch of shared memory. */
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {compileFunction} from 'node:vm'
import type {View, ViewType} from '../memory.ts'
import type {Runtime} from '../runtime.ts'
import {ModuleText} from './module-text.ts'
import {turningNames} from './turning-names.ts'
import {type Site, sitesOf, withTurns} from './turns.ts'

export const dist = fileURLToPath(new URL('../../../', import.meta.url))

/** Modules in which threads meet; everything else is loaded as it is. */
const TURNING =
  /^(?:(?:engine\/(?:memory|cluster)|client|workers|property-tests\/interleavings\/scenarios)\/|engine\/coordinator\/liveness\.ts$)/

type Exports = Record<string, unknown>

export interface Loaded {
  /** By path from the root, as `engine/memory/arena.ts`. */
  readonly modules: ReadonlyMap<string, Exports>
  readonly sites: readonly Site[]
}

/** Loads `entries` and what they import. `replaced` stands in for modules of these paths. */
export async function load(
  entries: readonly string[],
  runtime: Runtime,
  replaced: Readonly<Record<string, Exports>>,
): Promise<Loaded> {
  const texts = new Map<string, ModuleText>()
  const ready = new Map<string, Exports>()
  const plain = new Set<string>()
  const collect = async (path: string): Promise<void> => {
    if (texts.has(path) || ready.has(path)) return
    const name = sourceName(path)
    if (replaced[name] !== undefined) ready.set(path, replaced[name])
    else if (!path.startsWith(dist)) ready.set(path, createRequire(import.meta.url)(path))
    else if (!TURNING.test(name)) {
      ready.set(path, await import(path))
      for (const {name: used} of new ModuleText(path).functions) plain.add(used)
    } else {
      const text = new ModuleText(path)
      texts.set(path, text)
      for (const {path: imported} of text.imports) await collect(imported)
    }
  }
  for (const entry of entries) await collect(join(dist, entry.replace(/\.ts$/, '.js')))

  const found = [...texts.values()].map(text => ({text, sites: sitesOf(text)}))
  const names = turningNames(found, plain)
  const sites: Site[] = []
  const world = worldOf(runtime)
  const evaluate = (path: string): Exports => {
    const known = ready.get(path)
    if (known !== undefined) return known
    const {text, sites: places} = found.find(other => other.text.path === path)!
    const imports = text.imports.map(binding => evaluate(binding.path))
    const code = withTurns(text, places, names, sites)
    const body = compileFunction(code, [...Object.keys(world), '$imports', '$whole'], {
      filename: `turns:${sourceName(path)}`,
    })
    const exports = body(...Object.values(world), imports, (module: Exports) => module['default'] ?? module) as Exports
    ready.set(path, exports)
    return exports
  }
  for (const path of texts.keys()) evaluate(path)
  return {modules: new Map([...ready].map(([path, exports]) => [sourceName(path), exports])), sites}
}

function sourceName(path: string): string {
  return path.replace(dist, '').replace(/\.js$/, '.ts')
}

/** The globals that a module sees instead of JavaScript's. */
function worldOf(runtime: Runtime): Record<string, unknown> {
  const viewType = <T extends ViewType>(Native: T): unknown => {
    function make(memory: unknown, byteOffset?: number, length?: number): View {
      if (!(memory instanceof ArrayBuffer)) return Reflect.construct(Native, [memory, byteOffset, length])
      return runtime.memory.view(Native, runtime.thread, memory, byteOffset, length)
    }
    make.prototype = Native.prototype
    return Object.setPrototypeOf(make, Native)
  }
  const bufferType = viewType(BufferView) as ViewType
  const from = (memory: unknown, ...rest: number[]): unknown =>
    memory instanceof ArrayBuffer
      ? Reflect.construct(bufferType, [memory, ...rest])
      : Reflect.apply(Buffer.from, Buffer, [memory, ...rest])
  return {
    $: runtime,
    SharedArrayBuffer: function allocate(bytes: number) {
      return runtime.memory.allocate(bytes)
    },
    Int32Array: viewType(Int32Array),
    BigInt64Array: viewType(BigInt64Array),
    Uint8Array: viewType(Uint8Array),
    DataView: viewType(DataView),
    Buffer: Object.setPrototypeOf({from}, Buffer),
    queueMicrotask: (task: () => unknown) => runtime.enqueue(runtime.current!, task),
  }
}

/** `Buffer.from` of a memory, as something to be made by `new`. */
const BufferView = function make(memory: ArrayBuffer, byteOffset?: number, length?: number) {
  return Buffer.from(memory, byteOffset, length)
} as unknown as ViewType
