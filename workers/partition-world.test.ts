import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {LoadPlan} from '../engine/log/load-log.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {systemWorld} from './partition-world.ts'
import {threadEntry} from './thread-entry.ts'

const world = systemWorld(await threadEntry(undefined))

function planOf(bases: readonly number[]): LoadPlan {
  const dir = tempDir()
  const scans = bases.map(baseOffset => {
    const path = `${dir}/${baseOffset}.log`
    fs.writeFileSync(path, Buffer.alloc(100, 7))
    return {path, baseOffset, endOffset: undefined, epochs: [], from: undefined}
  })
  return {bases, scans, syncedEnd: 0, rewrite: false, epochs: []}
}

/** Inodes of what is synced in the background while `body` runs; each sync fails with `error` if there is one. */
async function backgroundSyncs(error: Error | null, body: () => Promise<unknown>): Promise<number[]> {
  const {fdatasync} = fs
  const inodes: number[] = []
  fs.fdatasync = ((fd: number, done: (error: Error | null) => void) => {
    inodes.push(fs.fstatSync(fd).ino)
    setImmediate(done, error)
  }) as typeof fs.fdatasync
  try {
    await body()
  } finally {
    fs.fdatasync = fdatasync
  }
  return inodes
}

for (const bases of [[0], [0, 10]]) {
  test(`what is read is synced meanwhile, ${bases.length} segments`, async () => {
    const plan = planOf(bases)
    const synced = await backgroundSyncs(null, async () => {
      const scans = await world.scan(plan, 4096)
      assert.equal(
        scans.map(({baseOffset, size}) => [baseOffset, size]),
        bases.map(base => [base, 100]),
      )
    })
    assert.equal(
      synced,
      plan.scans.map(({path}) => fs.statSync(path).ino),
    )
  })
}

test('a sync that fails is told, for the system tells of it once only', async () => {
  const failing = backgroundSyncs(new Error('EIO'), () => world.scan(planOf([0]), 4096))
  assert.match(String(await failing.catch((error: Error) => error)), 'EIO')
})

test.run()
