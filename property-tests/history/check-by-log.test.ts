/** The second checker: it finds what the first finds, in any history, and both find what is planted. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../runs.ts'
import {bothCheckers} from './both-checkers.ts'
import {checkByLog} from './check-by-log.ts'
import {cleanHistories, wildHistories} from './ideal-log.ts'
import {PLANTS} from './planted.ts'

test('a history without a fault is clean', () => {
  fc.assert(
    fc.property(cleanHistories, history => assert.equal(checkByLog(history), [])),
    runs(100),
  )
})

test('it finds what the other one finds in histories of which nothing is right', () => {
  fc.assert(
    fc.property(wildHistories, history => void bothCheckers(history)),
    runs(600),
  )
})

for (const [name, {breaks, into}] of Object.entries(PLANTS))
  test(`both find it where ${name}`, () => {
    let planted = 0
    fc.assert(
      fc.property(cleanHistories, fc.infiniteStream(fc.nat()), (history, numbers) => {
        const broken = into(history, count => (count === 0 ? 0 : numbers.next().value! % count))
        if (broken === undefined) return
        planted++
        const found = bothCheckers(broken)
        assert.ok(
          found.some(({promise}) => promise === breaks),
          JSON.stringify(found),
        )
      }),
      runs(30),
    )
    assert.ok(planted > 0, 'some history has a place for it')
  })

test.run()
