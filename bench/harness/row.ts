import {type Measure, metricOf, OURS, type Result, ratioOf} from './measure.ts'

/** How safely records were stored when they counted as appended. */
export type Level = 'written' | 'synced' | null

/** How much of a limit a result is. */
export interface Share {
  readonly of: string
  readonly share: number
}

/** One line of results: what a subject reached, and how that compares with one peer. */
export interface Row extends Measure {
  readonly case: string
  readonly subject: string
  readonly level: Level
  readonly spread: number
  readonly peer: string | null
  /** Above 1 the subject is better than the peer. */
  readonly ratio: number | null
  readonly shares: readonly Share[]
}

type Place = Pick<Row, 'case' | 'level'>

/** Our result, in a row for each peer; in one row where there are none. */
export function ourRows(place: Place, ours: Result, peers: readonly Result[], shares: readonly Share[] = []): Row[] {
  const row = {...place, ...ours, subject: OURS, peer: null, ratio: null, shares}
  if (peers.length === 0) return [row]
  return peers.map(peer => ({...row, peer: peer.subject, ratio: ratioOf(ours, peer)}))
}

/** A peer's own result, or the machine's. */
export function plainRow(place: Place, result: Result): Row {
  return {...place, ...result, peer: null, ratio: null, shares: []}
}

/** A line of `--json`: these keys and no other. */
export function toJson(row: Row): string {
  const {subject, level, value, spread, peer, ratio} = row
  return JSON.stringify({case: row.case, subject, level, metric: metricOf(row), value, spread, peer, ratio})
}
