import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {patiently} from './patience.ts'

/** Fails so many times with a code before it succeeds. */
function stubborn(times: number, code: string) {
  let tries = 0
  return {
    tries: () => tries,
    act(): void {
      if (++tries <= times) throw Object.assign(new Error(code), {code})
    },
  }
}

test('on Windows what somebody is in the way of is tried again, and not for ever', () => {
  for (const code of ['EBUSY', 'EPERM', 'EACCES']) {
    const {act, tries} = stubborn(2, code)
    patiently(act, 'win32')
    assert.is(tries(), 3)
  }
  const {act, tries} = stubborn(1000, 'EBUSY')
  assert.throws(() => patiently(act, 'win32'), 'EBUSY')
  assert.is(tries(), 8)
})

test('what time does not mend, and anything elsewhere, is told at once', () => {
  for (const [code, platform] of [
    ['ENOENT', 'win32'],
    ['EBUSY', 'linux'],
    ['EPERM', 'darwin'],
  ] as const) {
    const {act, tries} = stubborn(1, code)
    assert.throws(() => patiently(act, platform), code)
    assert.is(tries(), 1)
  }
})

test.run()
