import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {SKIP_MARK} from './skip.ts'
import {judge} from './verdict.ts'

const ended = {code: 0, signal: null, timedOut: false}
const summary = (total: number, passed: number, skipped = 0) =>
  `• •   (${passed} / ${total})\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  0.45ms\n\n`

test('a summary gives the counts', () => {
  const verdict = judge(summary(5, 5, 1), ended)
  assert.equal(verdict, {passed: 5, failed: 0, skipped: 1, reasons: [], trouble: undefined})
})

test('colour codes do not hide a summary', () => {
  const painted = '\n  Total:     2\u001b[32m\n  Passed:    2\u001b[39m\n  Skipped:   \u001b[33m1\u001b[39m\n'
  assert.is(judge(painted, ended).passed, 2)
})

test('a failed test is counted once', () => {
  const verdict = judge(summary(5, 3), {...ended, code: 1})
  assert.equal([verdict.passed, verdict.failed, verdict.trouble], [3, 2, undefined])
})

test('only the last summary counts: a test may print one of a child', () => {
  assert.is(judge(summary(5, 0) + summary(2, 2), ended).failed, 0)
})

test('reasons of skipped tests are found', () => {
  const verdict = judge(`\n${SKIP_MARK}EIO at call k: no strace\n${summary(0, 0, 1)}`, ended)
  assert.equal(verdict, {passed: 0, failed: 0, skipped: 1, reasons: ['EIO at call k: no strace'], trouble: undefined})
})

for (const [what, output, ending, trouble] of [
  ['no summary', 'hello', ended, 'exit code 0, without a summary'],
  ['a crash', 'boom', {...ended, code: 1}, 'exit code 1, without a summary'],
  ['a signal', 'boom', {...ended, code: null, signal: 'SIGSEGV'}, 'killed by SIGSEGV, without a summary'],
  ['a crash after the tests', summary(2, 2), {...ended, code: 7}, 'exit code 7, though its summary shows no failure'],
  ['a time-out', '• •', {code: null, signal: 'SIGKILL', timedOut: true}, 'timed out, without a summary'],
  ['no test at all', summary(0, 0), ended, 'ran no test'],
  ['a file that skips all without a reason', summary(0, 0, 3), ended, 'ran no test'],
] as const) {
  test(`${what} is one failed test`, () => {
    const verdict = judge(output, ending)
    assert.is(verdict.failed, 1)
    assert.is(verdict.trouble, trouble)
  })
}

test('a process that outlives its tests failed, however green they are', () => {
  const verdict = judge(summary(2, 2), {code: null, signal: 'SIGKILL', timedOut: true})
  assert.is(verdict.failed, 1)
  assert.match(verdict.trouble ?? '', /kept the process alive/)
})

test.run()
