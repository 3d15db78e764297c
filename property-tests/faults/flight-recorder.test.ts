/**
 * A program with a flight recorder is killed at any moment. Of its lines the log has a beginning without a gap, with all that the
 * recorder promised: what was flushed, and, in the thread that logs, each error and all before it.
 *
 *   RUNS=100 SEED=7               kills of each form, and where chance starts
 */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {Chance, replayCommand, tries} from './chance.ts'

const PROGRAM = fileURLToPath(new URL('./recorded-flight.js', import.meta.url))
const {count, seed} = tries(5)

/** Runs the program until it is killed, some time after it has first promised a line. Returns the last line it promised. */
async function fly(dir: string, form: string, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, dir, form], {stdio: ['ignore', 'pipe', 'inherit']})
  let said = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    said += text
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await setTimeout(delayMs)
  child.kill('SIGKILL')
  assert.equal(await closed, [null, 'SIGKILL'])
  return Math.max(...[...said.matchAll(/^stored (\d+)\n/gm)].map(([, number]) => Number(number)))
}

for (const form of ['in thread', "in pino's worker"]) {
  test(`${form}: ${count} kills, no promised line is lost, and none is left out`, async () => {
    const chance = new Chance(seed)
    let promised = 0
    let kept = 0
    for (let life = 0; life < count; life++) {
      const dir = tempDir()
      const stored = await fly(dir, form, chance.below(200))
      const log = await openLog(dir, {retentionMs: -1})
      let lines = 0
      try {
        for await (const record of log.reader()) assert.is(record.json<{i: number}>()!.i, lines++)
        assert.ok(lines > stored, `${lines} lines, line ${stored} was promised`)
        assert.ok((await log.verify()).ok)
      } catch (error) {
        console.log(`\nlife ${life}; again: ${replayCommand('flight-recorder', {SEED: seed, RUNS: count})}`)
        throw error
      }
      await log.close()
      fs.rmSync(dir, {recursive: true})
      promised += stored + 1
      kept += lines
    }
    console.log(`\n${form}: ${count} kills, seed ${seed}: ${promised} lines promised, ${kept} kept, 0 lost`)
  })
}

test.run()
