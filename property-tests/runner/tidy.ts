/**
 * The rules that keep the house in order, as a pure function over its sources: {path from the root → text}.
 * Returns a sentence for each violation. tidy.test.ts proves that each rule can fail, and holds the tree to them.
 */
import {isBuiltin} from 'node:module'
import {blank, lineAt} from './blank.ts'
import {floorOf, isOutside, isTest, objection} from './floors.ts'
import {cyclesOf, importsOf, resolveImport} from './imports.ts'

export interface House {
  readonly sources: Readonly<Record<string, string>>
  /** Packages that an installation brings along; shipped code may import no other. */
  readonly dependencies: readonly string[]
}

/** In the engine's code, its tests aside: time, chance and the outside world come in through arguments. */
const WORLDLY = /\b(?:Date\.now|new Date\(\s*\)|Math\.random|performance\.now|(?<!\.)process\s*[.[])/g
const ATOMICS = /(?<!\.)\bAtomics\b/g
/** The flyweights of the cluster map are the other place where shared words are touched. */
const ATOMICS_ROOMS = ['engine/memory/', 'engine/cluster/']
/** What examples may import: us, and the packages of others that they show us with. */
const SHOWN = ['odradek', 'pino']
const KEBAB_PATH = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/
/** `stop` closes a `start`, whose reason it shares. */
const BARE_IGNORE = /[cv]8 ignore (?!stop)(?![^\n]* -- \w)/
// spelled so that this file does not break its own rule
const POSTPONED = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`, 'g')
const ONLY = /\b(?:test|suite)\.only\(/g

/** Clients know the shapes of what coordinators say, and go to brokers for it. */
const TO_COORDINATORS = [
  /\bimport\s+(?!type\b)[^;'"]*?from\s+'[^']*engine\/(?:coordinator|ensemble)\/[^']*'/g,
  /\bEVERY\.coordinator\b|`coordinator-\$\{/g,
]

export function untidy(house: House): string[] {
  const files = Object.entries(house.sources)
  return [
    ...files.flatMap(([path, source]) => [...placeOf(path), ...importRules(house, path), ...wording(path, source)]),
    ...circles(house),
  ]
}

function placeOf(path: string): string[] {
  const complaints: string[] = []
  if (!KEBAB_PATH.test(path)) complaints.push(`${path} is not named in kebab-case`)
  if (floorOf(path) === undefined) complaints.push(`${path} stands on no floor of the house`)
  return complaints
}

function importRules({sources, dependencies}: House, path: string): string[] {
  const mayUseAnything = isTest(path) || (isOutside(path) && !path.startsWith('examples/'))
  return importsOf(sources[path] ?? '').flatMap(({name, line}) => {
    const complain = (why: string) => [`${path}:${line} imports ${name}, ${why}`]
    const target = resolveImport(path, name)
    if (target !== undefined) {
      if (!name.endsWith('.ts')) return complain('without its extension, .ts')
      const why = objection(path, target)
      return why === undefined ? [] : complain(why)
    }
    if (mayUseAnything) return []
    if (isBuiltin(name)) {
      if (!name.startsWith('node:')) return complain('without node: before it')
      return path.startsWith('engine/') ? complain('but the engine has no world of its own') : []
    }
    const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/')
    if (path.startsWith('examples/') && SHOWN.includes(packageName)) return []
    return dependencies.includes(packageName) ? [] : complain('which is none of the dependencies')
  })
}

function wording(path: string, source: string): string[] {
  const {code, comments} = blank(source)
  const find = (pattern: RegExp, text: string, why: string) =>
    [...text.matchAll(pattern)].map(match => `${path}:${lineAt(source, match.index)} ${match[0].trim()}: ${why}`)

  const complaints = find(POSTPONED, source, 'do it, or file it where it is seen')
  if (path.startsWith('engine/')) {
    if (!isTest(path)) complaints.push(...find(WORLDLY, code, 'the engine is handed time, chance and the world'))
    if (!ATOMICS_ROOMS.some(room => path.startsWith(room))) {
      complaints.push(...find(ATOMICS, code, `belongs into ${ATOMICS_ROOMS.join(' or ')}`))
    }
  }
  if (path.startsWith('client/') && !isTest(path))
    for (const pattern of TO_COORDINATORS)
      complaints.push(...find(pattern, source, 'a client never talks to a coordinator, only to brokers'))
  if (isTest(path)) complaints.push(...find(ONLY, code, 'hides the other tests of its suite'))
  for (const {at, text} of comments) {
    if (BARE_IGNORE.test(text))
      complaints.push(`${path}:${lineAt(source, at)} leaves code out of coverage without ' -- reason'`)
  }
  return complaints
}

/** Imports of types count: two files that need each other's words are one idea, or two badly cut ones. */
function circles({sources}: House): string[] {
  const graph = new Map<string, string[]>()
  for (const [path, source] of Object.entries(sources)) {
    const targets = importsOf(source).map(({name}) => resolveImport(path, name))
    graph.set(path, targets.filter(target => target !== undefined && Object.hasOwn(sources, target)) as string[])
  }
  return cyclesOf(graph).map(cycle => `${cycle} is a circle`)
}
