/**
 * A process that is killed at a random moment, again and again over the same dir, while it recovers, writes, rolls and
 * syncs. Whatever it was told is stored is there when the dir is opened next, in order, once and whole.
 *
 *   RUNS=1000 SEED=7              kills, and where chance starts
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {Reached} from '../simulation/reached.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {Ledger} from './ledger.ts'
import {live} from './mortal.ts'

const {count, seed} = tries(50)
/** A dir is used for so many lives, then another one: reading all of it after each must not take ever longer. */
const LIVES_A_DIR = 25

test(`${count} kills: nothing acknowledged is lost, and the dir opens`, async () => {
  const reached = new Reached(['killed before it was open', 'killed at work', 'torn tail cut'])
  const chance = new Chance(seed)
  let dir = ''
  let ledger = new Ledger()
  let acknowledged = 0
  for (let life = 0; life < count; life++) {
    if (life % LIVES_A_DIR === 0) {
      acknowledged += ledger.acknowledged
      dir = tempDir()
      ledger = new Ledger()
    }
    const kill = chance.oneIn(4)
      ? ({after: 'start', delayMs: 30 + chance.below(120)} as const)
      : ({after: 'open', delayMs: chance.below(chance.oneIn(3) ? 5 : 150)} as const)
    const {signal, opened} = await live({dir, life: `l${life}`, rounds: 0}, line => ledger.note(line), kill)
    assert.is(signal, 'SIGKILL')
    reached.add(opened ? 'killed at work' : 'killed before it was open')
    try {
      const log = await openLog(dir, {retentionMs: -1})
      if (log.recovered.cutAt !== undefined) reached.add('torn tail cut')
      await ledger.check(log)
      // half of the time the next life finds a dir that was closed
      if (chance.oneIn(2)) assert.ok((await log.verify()).ok)
      await log.close()
    } catch (error) {
      console.log(`\nlife ${life} of ${count}; again: ${replayCommand('kill-at-random', {SEED: seed, RUNS: count})}`)
      throw error
    }
  }
  acknowledged += ledger.acknowledged
  console.log(`\n${count} kills, seed ${seed}: ${acknowledged} records acknowledged, 0 lost; ${reached}`)
  assert.ok(acknowledged > count, 'there was something to lose')
  if (count >= 50) {
    assert.ok(
      reached.missing(1).every(name => name.startsWith('torn tail')),
      reached.toString(),
    )
  }
})

test.run()
