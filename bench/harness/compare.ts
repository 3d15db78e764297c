import {metricOf, OURS, type Result} from './measure.ts'
import {ourRows, plainRow, type Row} from './row.ts'

/** Rows of everything that was measured: each result of ours beside every peer's in the same respect. */
export function compare(place: Pick<Row, 'case' | 'level'>, results: readonly Result[]): Row[] {
  const peers = results.filter(({subject}) => subject !== OURS)
  const ours = results.filter(({subject}) => subject === OURS)
  return [
    ...ours.flatMap(result =>
      ourRows(
        place,
        result,
        peers.filter(peer => metricOf(peer) === metricOf(result)),
      ),
    ),
    ...peers.map(peer => plainRow(place, peer)),
  ]
}
