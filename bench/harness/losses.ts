import type {Target} from '../targets.ts'
import {metricOf, OURS} from './measure.ts'
import type {Row} from './row.ts'

/** A target, and the worst of its ratios that was measured; undefined where a peer was not there to be measured. */
export interface Verdict {
  readonly target: Target
  readonly worst: Row | undefined
  readonly met: boolean
}

export function judge(rows: readonly Row[], targets: readonly Target[]): Verdict[] {
  return targets.map(target => {
    const against = rows.filter(row => row.ratio !== null && isAbout(target, row))
    const missing = target.peers.some(peer => !against.some(row => row.peer === peer))
    const worst = missing ? undefined : against.toSorted((a, b) => a.ratio! - b.ratio!)[0]
    return {target, worst, met: worst !== undefined && worst.ratio! >= target.least}
  })
}

/** Where a peer was better than we are. */
export function losses(rows: readonly Row[]): Row[] {
  return rows.filter(({subject, ratio}) => subject === OURS && ratio !== null && ratio < 1)
}

function isAbout(target: Target, row: Row): boolean {
  return row.case === target.case && metricOf(row) === metricOf(target) && target.peers.includes(row.peer!)
}
