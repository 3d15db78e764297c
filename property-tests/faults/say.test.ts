/** A program that says more than a pipe takes, to a reader that is slow, says all of it and is not ended by it. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'

const PROGRAM = fileURLToPath(new URL('./talkative.js', import.meta.url))
const SLOW_MS = 300

for (const [what, columns, lines] of [
  ['short lines', 80, 5000],
  ['lines longer than a pipe', 300_000, 3],
] as const) {
  test(`${what} to a slow reader`, async () => {
    const child = spawn(process.execPath, [PROGRAM, String(columns), String(lines)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    await setTimeout(SLOW_MS)
    let said = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      said += text
    })
    assert.equal(await closed, [0, null])
    const expected = Array.from({length: lines}, (_, i) => `${i} `.padEnd(columns, '.'))
    assert.ok(said === `${expected.join('\n')}\n`, `${said.length} characters, not what was said`)
  })
}

test.run()
