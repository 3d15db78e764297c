/**
 * A thread of the log throws, rejects, overflows its stack, fills its memory or exits, while it starts, opens files, writes or syncs. The program lives on, is told
 * with a code, and finds all that was acknowledged in the dir, which opens at once.
 *
 *   RUNS=50                       times each
 */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../door/temp-dir.ts'
import {tries} from './chance.ts'

const PROGRAM = fileURLToPath(new URL('./survivor.js', import.meta.url))
const LIMIT_MS = 30_000
const {count} = tries(1)
const WAYS = ['throw', 'rejection', 'exit', 'overflow', 'memory'] as const
const ALL = ['send', 'flush', 'close', 'closed']
const each = (code: string): Told => Object.fromEntries(ALL.map(name => [name, code]))
const FINE = each('done')
const CRASHED = each('REPLICA_CRASHED')
/** A sync that failed, or of which nobody knows. */
const FAILED = each('KAFKA_STORAGE_ERROR')
/** What a call to the system throws, whatever it is, is a disk that refuses: that send is told, and the next one is tried. */
const REFUSED = {...FINE, send: 'KAFKA_STORAGE_ERROR'}
const UNOPENED = {open: 'REPLICA_CRASHED'}
const UNREADABLE = {open: 'KAFKA_STORAGE_ERROR'}

type Told = Readonly<Record<string, string>>

/** By role and moment, what comes of each way. A thread that waits for its doorbell never hears of a rejection, so nothing comes of that. */
const OUTCOMES: Readonly<Record<string, Readonly<Record<(typeof WAYS)[number], Told>>>> = {
  'replica start': {throw: UNOPENED, rejection: UNOPENED, exit: UNOPENED, overflow: UNOPENED, memory: UNOPENED},
  'replica open': {throw: UNREADABLE, rejection: FINE, exit: UNOPENED, overflow: UNREADABLE, memory: UNOPENED},
  'replica write': {throw: REFUSED, rejection: FINE, exit: CRASHED, overflow: REFUSED, memory: CRASHED},
  'flusher start': {throw: FINE, rejection: FINE, exit: FINE, overflow: FINE, memory: FINE},
  'flusher sync': {throw: FAILED, rejection: FINE, exit: FAILED, overflow: FAILED, memory: FAILED},
}

interface Found {
  readonly told: Told
  readonly stored: number
  readonly isKept: boolean
}

async function survive(role: string, at: string, way: string): Promise<Found> {
  const args = ['--max-old-space-size=48', PROGRAM, tempDir(), role, at, way]
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'ignore'], timeout: LIMIT_MS})
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    printed += text
  })
  assert.equal(await once(child, 'close'), [0, null], `${role} ${at} ${way}: it ends by itself: ${printed}`)
  return JSON.parse(printed)
}

for (const [moment, outcomes] of Object.entries(OUTCOMES)) {
  const [role, at] = moment.split(' ') as [string, string]
  test(`the ${role} thread dies, at ${at}, in each way`, async () => {
    let acknowledged = 0
    for (const way of WAYS) {
      for (let i = 0; i < count; i++) {
        const {told, stored, isKept} = await survive(role, at, way)
        // a rejection while it opens is heard of only if the thread comes by its event loop before it is open
        if (way === 'rejection' && at === 'open' && 'open' in told) assert.equal(told, UNOPENED)
        else assert.equal(told, outcomes[way], `${way}, ${stored} acknowledged`)
        assert.ok(isKept, `${way}: one of ${stored} is lost`)
        acknowledged += stored
      }
    }
    console.log(`\n${moment}: ${WAYS.length * count} deaths, ${acknowledged} acknowledged, 0 lost`)
  })
}

test.run()
