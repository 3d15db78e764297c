import type {Paint} from '../paint.ts'
import {countText, harmless, pathText} from '../text.ts'

/** What is served, and where. */
export interface Served {
  readonly version: string
  /** Undefined for a temporary one. */
  readonly dir: string | undefined
  readonly brokers: readonly {readonly broker: number; readonly host: string; readonly port: number}[]
  readonly bootstrap: string
  /** URL of the metrics, where they are answered. */
  readonly metrics: string | undefined
}

export function* servedLines({version, dir, brokers, bootstrap, metrics}: Served, paint: Paint): Generator<string> {
  const where = dir === undefined ? 'a temporary directory' : pathText(dir)
  const row = (name: string, text: string) => `  ${paint.dim(name.padEnd(9))}  ${text}`
  yield `${paint.bold(`odradek ${version}`)}  ${countText(brokers.length, 'broker')} in ${where}`
  yield row('bootstrap', paint.green(bootstrap))
  if (metrics !== undefined) yield row('metrics', `${metrics}/metrics  ${metrics}/healthz`)
}

/** What a first look tries. */
export function hintLines(bootstrap: string, paint: Paint): string[] {
  const [first] = bootstrap.split(',')
  return [paint.dim(`  try        echo hello | odradek produce greetings -b ${first}`), paint.dim('  Ctrl-C ends it')]
}

/** A change of the cluster that people want to hear of; undefined for the others. */
export function eventText(event: {readonly type: string; readonly [field: string]: unknown}): string | undefined {
  const {type, broker, holder, reason} = event as {type: string; broker?: number; holder?: number; reason?: string}
  const why = reason === undefined ? '' : `: ${harmless(reason)}`
  if (type === 'broker.down') return `broker ${broker} is down${why}`
  if (type === 'broker.up') return `broker ${broker} is up`
  if (type === 'coordinator.changed') return holder === 0 ? 'no coordinator writes' : `coordinator ${holder} writes now`
  return undefined
}
