/**
 * A process that is killed at a system call: at the first write to a file, the second, the third, and so on to its end, and
 * likewise for every other call that changes a file. It begins with the dir of another one that was killed, so some die while
 * they recover. Each of these dirs opens with all that was acknowledged, and opens again.
 *
 *   RUNS=1000                     every place of every call, not only some of them
 *   SEED=7                        which ones
 */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {replayCommand, tries} from './chance.ts'
import {Ledger} from './ledger.ts'
import {live} from './mortal.ts'

/** Each with the places to go on by where not all are tried: most files are opened to load code. */
const CALLS = {pwrite64: 4, fdatasync: 3, fsync: 2, ftruncate: 1, rename: 2, unlink: 1, openat: 19, close: 19}
const ROUNDS = 3
const {count, seed} = tries(100)

const killedAt = (call: string, nth: number): string[] => {
  const only = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`]
  return ['strace', '-f', '-o', '/dev/null', ...only]
}
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0

/** A dir whose owner was killed, and what that one said. */
const first = {dir: tempDir(), said: [] as string[]}
if (canTrace) {
  const under = killedAt('pwrite64', 14)
  await live({dir: first.dir, life: 'first', rounds: ROUNDS, under}, line => first.said.push(line))
}

for (const [call, usual] of Object.entries(CALLS)) {
  const name = `${call}: killed at one after the other, nothing acknowledged is lost`
  if (!canTrace) {
    skip(test, name, 'strace is not installed, or may not trace here')
    continue
  }
  test(name, async () => {
    const stride = count >= 1000 ? 1 : usual
    let deaths = 0
    let acknowledged = 0
    for (let nth = 1 + (seed % stride); ; nth += stride) {
      const dir = tempDir()
      fs.cpSync(first.dir, dir, {recursive: true})
      const ledger = new Ledger()
      for (const line of first.said) ledger.note(line)
      const dying = {dir, life: 'second', rounds: ROUNDS, under: killedAt(call, nth)}
      const {signal, status, closed} = await live(dying, line => ledger.note(line))
      try {
        for (const time of ['once', 'again']) {
          const log = await openLog(dir, {retentionMs: -1})
          await ledger.check(log)
          if (time === 'again') assert.ok((await log.verify()).ok)
          await log.close()
        }
      } catch (error) {
        const again = replayCommand('kill-at-every-call', {SEED: seed, RUNS: count})
        console.log(`\nkilled at ${call} ${nth}; again: ${again}`)
        throw error
      }
      acknowledged += ledger.acknowledged
      fs.rmSync(dir, {recursive: true})
      if (closed && status === 0) break
      assert.is(signal ?? status, signal === null ? 137 : 'SIGKILL', 'it dies of this and of nothing else')
      deaths++
    }
    assert.ok(deaths > 0, `it comes by ${call}`)
    console.log(`\n${call}: ${deaths} deaths, stride ${stride}, seed ${seed}: ${acknowledged} acknowledged, 0 lost`)
  })
}

test.run()
