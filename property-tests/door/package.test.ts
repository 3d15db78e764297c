/** What the build makes for an installation: the bundled doors, their command and the scripts of their threads. */
import {spawnSync} from 'node:child_process'
import {createRequire, syncBuiltinESMExports} from 'node:module'
import {fileURLToPath} from 'node:url'
import {openLog} from 'odradek'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from './temp-dir.ts'

const home = new URL('.', import.meta.resolve('odradek'))
const command = fileURLToPath(new URL('cli.js', home))

test('the threads of an installed log run the scripts of the package, and its jobs those of the pool', async () => {
  const threads = createRequire(import.meta.url)('node:worker_threads')
  const {Worker} = threads
  const scripts: string[] = []
  threads.Worker = class extends Worker {
    constructor(script: string | URL, options: object) {
      super(script, options)
      scripts.push(String(script))
    }
  }
  syncBuiltinESMExports()
  try {
    const log = await openLog(tempDir())
    await log.send('one')
    assert.ok((await log.verify()).ok)
    await log.close()
  } finally {
    threads.Worker = Worker
    syncBuiltinESMExports()
  }
  assert.is(scripts[0], new URL('odradek-thread.cjs', home).href)
  assert.match(scripts[1]!, 'piscina')
})

test("the package's command and its door know each other's errors", () => {
  const args = [command, 'log', 'import', tempDir(), '--lines', '--max-message-bytes', '2000']
  const input = 'x'.repeat(3000)
  const {status, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8', input, timeout: 20_000})
  // an error of another class is not known to be this line's
  assert.match(stderr, /^odradek: line 1: MESSAGE_TOO_LARGE/)
  assert.is(status, 1)
})

test.run()
