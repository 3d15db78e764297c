import type {Unit} from './harness/measure.ts'

/** What we promised ourselves: at least so many times the peer. */
export interface Target {
  readonly case: string
  readonly what: string
  readonly unit: Unit
  /** It must hold against every one of them, and so against the best. */
  readonly peers: readonly string[]
  readonly least: number
}

const RECORDS = 'records/s'
const BYTES = 'MiB/s'

export const TARGETS: readonly Target[] = [
  {case: 'append', what: '100 B', unit: RECORDS, peers: ['lmdb put', 'lmdb transaction'], least: 10},
  {case: 'append', what: '100 B', unit: BYTES, peers: ['raw writeSync'], least: 0.3},
  {case: 'append', what: '1 KiB', unit: BYTES, peers: ['raw writeSync'], least: 0.5},
  {case: 'append', what: '10 KiB', unit: BYTES, peers: ['raw writeSync'], least: 0.5},
  {case: 'append-threads', what: '100 B', unit: RECORDS, peers: ['odradek, one sender'], least: 0.85},
  {case: 'read', what: 'poll from the arena', unit: RECORDS, peers: ['lmdb getRange'], least: 15},
  {case: 'read', what: 'poll from files', unit: RECORDS, peers: ['lmdb getRange'], least: 15},
  {case: 'read', what: 'batches(), offsets', unit: RECORDS, peers: ['lmdb getRange'], least: 3},
  {case: 'read', what: 'batches(), values', unit: RECORDS, peers: ['lmdb getRange'], least: 3},
]
