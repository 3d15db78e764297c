import {spawnSync} from 'node:child_process'
import {test} from 'uvu'
import * as assert from 'uvu/assert'

/** Runs a few lines that have `alive`, and tells whether the process was still up after a while. */
function staysUp(lines: string): boolean {
  const program = `
    const {keepAlive} = await import(${JSON.stringify(new URL('./keep-alive.js', import.meta.url).href)})
    const alive = keepAlive()
    setTimeout(() => process.exit(9), 300).unref()
    ${lines}`
  return spawnSync(process.execPath, ['--input-type=module', '-e', program]).status === 9
}

test("it keeps the process up while it is ref'd, and not after it is closed", () => {
  assert.not(staysUp(''))
  assert.ok(staysUp('alive.ref()'))
  assert.ok(staysUp('alive.ref(); alive.unref(); alive.ref()'))
  assert.not(staysUp('alive.ref(); alive.unref()'))
  assert.not(staysUp('alive.ref(); alive.close()'))
  assert.not(staysUp('alive.close(); alive.ref()'))
})

test.run()
