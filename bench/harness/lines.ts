import {metricOf} from './measure.ts'
import type {Row} from './row.ts'
import {percentText, ratioText, valueText} from './text.ts'

/** One line of a table for people: a subject in one respect, with all it is compared with. */
export interface Line {
  readonly what: string
  readonly subject: string
  readonly value: string
  readonly spread: string
  /** `9.1 × lmdb put`, `64 % of building records`. */
  readonly beside: readonly string[]
}

export function linesOf(rows: readonly Row[]): Line[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${row.subject}: ${metricOf(row)}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].map(group => {
    const {what, subject, value, unit, spread, shares} = group[0]!
    const peers = group.flatMap(({peer, ratio}) => (peer === null ? [] : [`${ratioText(ratio!)} ${peer}`]))
    const limits = shares.map(({of, share}) => `${percentText(share)} of ${of}`)
    return {what, subject, value: valueText(value, unit), spread: percentText(spread), beside: [...peers, ...limits]}
  })
}
