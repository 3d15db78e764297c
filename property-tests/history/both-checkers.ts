import * as assert from 'uvu/assert'
import {BROKEN_BY, type Broken, checkByLog} from './check-by-log.ts'
import {checkHistory} from './check-history.ts'
import type {Operation} from './operation.ts'

/** What is wrong with a history, on which two checkers agree that look for it in different ways; throws where they do not. */
export function bothCheckers(history: readonly Operation[]): Broken[] {
  const first = checkHistory(history).anomalies.flatMap(({kind, partition}) => {
    const promise = BROKEN_BY[kind]
    return promise === undefined ? [] : [`${partition}: ${promise}`]
  })
  const second = checkByLog(history)
  // whether somebody sent it, only the second asks
  const comparable = second.filter(({promise}) => promise !== 'nothing made up')
  assert.equal(
    comparable.map(({partition, promise}) => `${partition}: ${promise}`).sort(),
    [...new Set(first)].sort(),
    'the two checkers do not agree',
  )
  return second
}
