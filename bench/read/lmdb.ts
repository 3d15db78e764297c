import path from 'node:path'
import {openLmdb, writeLmdb} from '../append/lmdb.ts'
import type {Payload} from '../append/payload.ts'
import type {Subject} from '../harness/measure.ts'
import type {Lmdb, LmdbDatabase, LmdbOptions} from '../peers/load-peer.ts'
import {expectTouched, perSecond, type Touched, valuesTouched} from './odradek.ts'

/** A form in which lmdb hands out values. Each has a loop of its own, that touches what our loops touch. */
interface Form {
  readonly name: string
  readonly options: Pick<LmdbOptions, 'encoding' | 'encoder'>
  touchAll(database: LmdbDatabase<never>): Touched
}

const FORMS: readonly Form[] = [
  {
    name: 'lmdb getRange',
    options: {encoding: 'binary'},
    touchAll(database: LmdbDatabase<Buffer>) {
      let [count, sum] = [0, 0]
      for (const {value} of database.getRange()) {
        sum += value[0]! + value.length
        count++
      }
      return {count, sum}
    },
  },
  {
    name: 'lmdb getRange, strings',
    options: {encoding: 'string'},
    touchAll(database: LmdbDatabase<string>) {
      let [count, sum] = [0, 0]
      for (const {value} of database.getRange()) {
        sum += value.charCodeAt(0) + value.length
        count++
      }
      return {count, sum}
    },
  },
  {
    name: 'lmdb getRange, decoded in place',
    // no value is made at all: it is touched while lmdb's own buffer holds it
    options: {encoder: {encode: (value: Uint8Array) => value, decode: source => source[0]! + source.length}},
    touchAll(database: LmdbDatabase<number>) {
      let [count, sum] = [0, 0]
      for (const {value} of database.getRange()) {
        sum += value
        count++
      }
      return {count, sum}
    },
  },
]

/** Databases with the same values, one for each form. */
export class LmdbReads {
  readonly subjects: readonly Subject[]
  readonly #databases: readonly LmdbDatabase<never>[]

  private constructor(subjects: readonly Subject[], databases: readonly LmdbDatabase<never>[]) {
    this.subjects = subjects
    this.#databases = databases
  }

  static async fill(lmdb: Lmdb, dir: string, payload: Payload, count: number): Promise<LmdbReads> {
    const expected = valuesTouched(payload.buffers, 0, count)
    const databases: LmdbDatabase<never>[] = []
    const subjects: Subject[] = []
    for (const [i, form] of FORMS.entries()) {
      const database = openLmdb(lmdb, path.join(dir, String(i)), form.options)
      const values = form.options.encoding === 'string' ? payload.values : payload.buffers
      await writeLmdb(database, values, 0, count)
      databases.push(database as LmdbDatabase<never>)
      subjects.push({name: form.name, round: () => [readAll(form, database as LmdbDatabase<never>, expected)]})
    }
    return new LmdbReads(subjects, databases)
  }

  async close(): Promise<void> {
    for (const database of this.#databases) await database.close()
  }
}

function readAll(form: Form, database: LmdbDatabase<never>, expected: Touched) {
  const startMs = performance.now()
  const touched = form.touchAll(database)
  const seconds = (performance.now() - startMs) / 1000
  expectTouched(form.name, touched, expected)
  return perSecond('getRange', touched.count, seconds)
}
