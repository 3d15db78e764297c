/**
 * The thread of the host that leads ends in every way a thread can, with a record just written and nobody told (T14 of the charter, for
 * hosts; they have no event loop, so no promise of theirs is ever rejected unheard). Each is felt as a change of leader; nothing acknowledged is lost, and all
 * replicas are in sync again.
 *
 *   RUNS=50                       deaths of each kind
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Ending, runProgram} from '../door/run-program.ts'
import {tries} from './chance.ts'

const {count} = tries(5)
const LIMIT_MS_EACH = 20_000

async function crash(way: string): Promise<Ending & {died: number}> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-crashes-'))
  const ending = await runProgram(way, [String(count), dir], {
    file: '../faults/crashing-hosts-program',
    flags: ['--max-old-space-size=64'],
    silent: true,
    limitMs: count * LIMIT_MS_EACH,
  })
  const died = fs.readdirSync(dir).length
  fs.rmSync(dir, {recursive: true})
  return {...ending, died}
}

// all at a time: most of it is waiting
const runs = ['throw', 'exit', 'overflow', 'fill-memory'].map(way => [way, crash(way)] as const)

for (const [way, run] of runs) {
  test(`${count} × ${way}: another one leads, nothing acknowledged is lost, and the host comes back`, async () => {
    const {status, signal, stdout, ms, died} = await run
    assert.equal([status, signal], [0, null], `after ${ms} ms: ${stdout}`)
    assert.is(died, count)
    assert.match(stdout, /^[1-9]\d* acknowledged, 0 lost$/m)
  })
}

test.run()
