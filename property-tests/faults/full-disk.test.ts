/**
 * A real file system that is full to the brim, again and again. A send is refused with DISK_FULL, what was acknowledged stays and is read meanwhile,
 * and when there is room again, because somebody made some or because retention did, the log goes on without a gap.
 *
 *   RUNS=500 SEED=7               rounds, and where chance starts
 */
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type LogOptions, OdradekError, type OpenLog, openLog} from '../../index.ts'
import {payload} from '../door/payload.ts'
import {skip} from '../runner/skip.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {Ledger} from './ledger.ts'
import {mountSmallDisk} from './small-disk.ts'

const MIB = 1 << 20
const {count, seed} = tries(5)
const OPTIONS: LogOptions = {segmentBytes: 256 * 1024, retentionMs: -1, retentionCheckMs: 20, durability: 'written'}

const mount = mountSmallDisk(12 * MIB)

/** Sends until the disk has refused so many times; what is small enough for the last free bytes goes in between. */
const REFUSALS = 12

async function fill(log: OpenLog, ledger: Ledger, sender: string, chance: Chance): Promise<void> {
  let refusals = 0
  for (let sequence = 0; refusals < REFUSALS; ) {
    // one batch: of a send that takes several, a part may be stored
    const size = 1 + chance.below(6)
    const most = refusals === 0 ? 8000 : chance.pick([100, 800, 8000])
    const texts = Array.from({length: size}, (_, i) => payload(sender, sequence + i, 48 + chance.below(most)))
    const durability = chance.oneIn(4) ? 'synced' : 'written'
    try {
      const {baseOffset} = await log.send(texts, {durability})
      ledger.note(`sent ${sender} ${sequence} ${size} ${baseOffset}`)
      sequence += size
    } catch (error) {
      assert.is((error as OdradekError).code, 'DISK_FULL', String(error))
      refusals++
    }
  }
}

async function isOne(log: OpenLog, ledger: Ledger, sender: string): Promise<void> {
  const {baseOffset} = await log.send(payload(sender, 0))
  ledger.note(`sent ${sender} 0 1 ${baseOffset}`)
}

async function round(dir: string, name: string, chance: Chance): Promise<void> {
  const ledger = new Ledger()
  const filler = path.join(path.dirname(dir), 'filler')
  fs.writeFileSync(filler, Buffer.alloc(2 * MIB + chance.below(MIB)))
  const reserve = path.join(path.dirname(dir), 'reserve')
  fs.writeFileSync(reserve, Buffer.alloc(256 * 1024))
  let log = await openLog(dir, OPTIONS)

  await fill(log, ledger, `${name}a`, chance)
  await ledger.check(log)
  await fill(log, ledger, `${name}b`, chance)

  // closed or not, a full disk takes nothing away
  const closed = await log.close().then(
    () => 'closed',
    (error: OdradekError) => error.code,
  )
  assert.ok(['closed', 'DISK_FULL'].includes(closed), closed)
  const opened = await openLog(dir, OPTIONS).catch((error: OdradekError) => error)
  if (opened instanceof OdradekError) assert.is(opened.code, 'DISK_FULL', opened.message)
  else {
    await ledger.check(opened)
    await opened.close().catch((error: OdradekError) => assert.is(error.code, 'DISK_FULL'))
  }

  fs.rmSync(filler)
  log = await openLog(dir, OPTIONS)
  await ledger.check(log)
  await isOne(log, ledger, `${name}c`)
  await fill(log, ledger, `${name}d`, chance)
  await ledger.check(log)
  assert.ok((await log.verify()).ok)
  await log.close().catch((error: OdradekError) => assert.is(error.code, 'DISK_FULL'))

  // retention makes room on a disk that has none, but for the little that an opening may need to repair what was cut short
  ledger.note(`deleting ${Number.MAX_SAFE_INTEGER}`)
  const shrinking = {...OPTIONS, retentionBytes: 4 * MIB}
  log = await openLog(dir, shrinking).catch((error: OdradekError) => {
    assert.is(error.code, 'DISK_FULL')
    fs.rmSync(reserve)
    return openLog(dir, shrinking)
  })
  for (let tried = 0; log.logStartOffset === 0; tried++) {
    assert.ok(tried < 500, 'retention removes segments')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  await isOne(log, ledger, `${name}e`)
  await ledger.check(log)
  assert.ok((await log.verify()).ok)
  await log.close()
  fs.rmSync(dir, {recursive: true})
}

if (mount === undefined) skip(test, 'a full disk', 'it takes root, mkfs.ext4 and a loop device')
else
  test(`${count} times full to the brim: nothing acknowledged is lost, and the log goes on`, async () => {
    const chance = new Chance(seed)
    for (let i = 0; i < count; i++) {
      await round(path.join(mount, `log-${i}`), `r${i}`, chance).catch((error: Error) => {
        error.message = `round ${i}: ${error.message}. Again: ${replayCommand('full-disk', {SEED: seed, RUNS: count})}`
        throw error
      })
    }
    console.log(`\n${count} rounds, seed ${seed}, 0 lost`)
  })

test.run()
