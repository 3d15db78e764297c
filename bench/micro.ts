import type {Case} from './harness/case.ts'
import {metricOf, OURS} from './harness/measure.ts'
import {ourRows, plainRow} from './harness/row.ts'
import {crcPieces, varintPieces} from './micro/bytes.ts'
import {measurePieces} from './micro/micro-bench.ts'
import {recordPieces} from './micro/records.ts'

const PLACE = {case: 'micro', level: null} as const

export const micro: Case = {
  name: 'micro',
  question: 'What does each small step of a record’s way cost?',
  method:
    'By tinybench, in nanoseconds for one record, varint or checksum. Records are built and walked in batches of 64 KiB, by shape; the checksum is ' +
    'the native one, with the portable one in TypeScript as its peer.',
  async run(context) {
    context.progress('records, varints, checksums')
    const results = await measurePieces([...recordPieces(), ...varintPieces(), ...(await crcPieces())], context)
    const peers = results.filter(({subject}) => subject !== OURS)
    const peersOf = (metric: string) => peers.filter(peer => metricOf(peer) === metric)
    return [
      ...results
        .filter(({subject}) => subject === OURS)
        .flatMap(result => ourRows(PLACE, result, peersOf(metricOf(result)))),
      ...peers.map(peer => plainRow(PLACE, peer)),
    ]
  },
}
