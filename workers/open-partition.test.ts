import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {LOG_CONFIG_DEFAULTS} from '../engine/log/log-config.ts'
import {allocateArena} from '../engine/memory/arena.ts'
import {snapshot} from '../property-tests/door/snapshot.ts'
import {syncsOf} from '../property-tests/door/sync-spy.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {oneRecord} from '../property-tests/simulation/partition.ts'
import {OpenPartition, type PartitionData} from './open-partition.ts'
import {systemWorld} from './partition-world.ts'

function open(dir: string, onDamage: PartitionData['onDamage'] = 'refuse'): Promise<OpenPartition> {
  const data: PartitionData = {
    dir,
    topic: 'log',
    config: LOG_CONFIG_DEFAULTS,
    options: {
      durability: 'written',
      flushMessages: -1,
      flushMs: -1,
      retentionCheckMs: 300_000,
      cleanerBackoffMs: 15_000,
    },
    onDamage,
    arena: allocateArena({windows: 2, windowBytes: 65_536, indexEntries: 64}),
  }
  return OpenPartition.open(data, systemWorld('no threads here'))
}

function write(partition: OpenPartition): void {
  partition.replica.append(oneRecord(1), 0)
  partition.replica.commit(0)
}

function refusedClose(partition: OpenPartition): OdradekError {
  try {
    partition.close()
  } catch (error) {
    return error as OdradekError
  }
  return assert.unreachable('the close was not refused') as never
}

test('a partition that is closed leaves its end on record, and the next opening finds it clean', async () => {
  const dir = tempDir()
  const first = await open(dir)
  write(first)
  first.close()
  assert.match(fs.readFileSync(`${dir}/recovery-point-offset-checkpoint`, 'utf8'), /^log 0 1$/m)
  const again = await open(dir)
  assert.equal([again.recovered.clean, again.replica.log.logEndOffset], [true, 1])
  again.close()
})

test('a new log is clean; one that was not closed, or whose directory is gone, is not', async () => {
  const dir = tempDir()
  const first = await open(dir)
  assert.is(first.recovered.clean, true)
  write(first)
  const second = await open(dir)
  assert.is(second.recovered.clean, false)
  second.close()
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
  fs.rmSync(`${dir}/log-0`, {recursive: true})
  const third = await open(dir, 'keep')
  assert.equal([third.recovered.clean, third.recovered.damage.length], [false, 1])
  third.close()
})

test('a dir that was removed while it was open fails the close, and is not made again', async () => {
  const dir = `${tempDir()}/dir`
  fs.mkdirSync(dir)
  const partition = await open(dir)
  write(partition)
  fs.rmSync(dir, {recursive: true})
  const error = refusedClose(partition)
  assert.equal([error.code, fs.existsSync(dir)], ['KAFKA_STORAGE_ERROR', false])
  assert.match(error.message, `${dir} was removed or replaced`)
})

test('a dir that was replaced while it was open fails the close, and nothing is written into the other one', async () => {
  const dir = `${tempDir()}/dir`
  fs.mkdirSync(dir)
  const partition = await open(dir)
  write(partition)
  // moved, so that its inode is not given to the next one
  fs.renameSync(dir, `${dir}-moved`)
  fs.mkdirSync(dir)
  const other = await open(dir)
  for (let i = 0; i < 3; i++) write(other)
  other.close()
  const before = [snapshot(dir), snapshot(`${dir}-moved`)]
  const error = refusedClose(partition)
  assert.is(error.code, 'KAFKA_STORAGE_ERROR')
  assert.match(error.message, `${dir} was removed or replaced`)
  assert.equal([snapshot(dir), snapshot(`${dir}-moved`)], before)
  const again = await open(dir)
  assert.equal([again.recovered.clean, again.replica.log.logEndOffset], [true, 3])
  again.close()
})

test('a look tells whether the dir is still there, or why that cannot be told', async () => {
  const dir = `${tempDir()}/dir`
  fs.mkdirSync(dir)
  const partition = await open(dir)
  assert.is(partition.dirProblem(), undefined)
  fs.renameSync(`${dir}/log-0`, `${dir}/log-1`)
  assert.match(partition.dirProblem()!.message, `${dir} was removed or replaced`)
  // a new one gets another inode, for the old one is held open
  fs.rmSync(`${dir}/log-1`, {recursive: true})
  for (let i = 0; i < 20; i++) {
    fs.mkdirSync(`${dir}/log-0`)
    assert.match(partition.dirProblem()!.message, `${dir} was removed or replaced`)
    fs.rmdirSync(`${dir}/log-0`)
  }
  fs.symlinkSync('log-0', `${dir}/log-0`)
  assert.match(partition.dirProblem()!.message, /^KAFKA_STORAGE_ERROR: looking for .*: ELOOP/)
  refusedClose(partition)
})

test("a partition's directory lasts before anything in it does, whether it was made or found", async () => {
  for (const found of [false, true]) {
    const dir = tempDir()
    if (found) fs.mkdirSync(`${dir}/log-0`)
    if (found) fs.writeFileSync(`${dir}/meta.properties`, 'version=1\ncluster.id=x\nnode.id=1\n')
    let partition!: OpenPartition
    const syncs = await syncsOf(async () => {
      partition = await open(dir)
    })
    const inside = syncs.findIndex(sync => sync.includes(`${dir}/log-0/`))
    assert.ok(inside > 0, `something in it is synced: ${syncs}`)
    const renamed = syncs.filter(sync => sync.startsWith('fdatasync') && !sync.includes('log-0')).length
    const named = syncs.slice(0, inside).filter(sync => sync === `fsync ${dir}`).length
    assert.is(named, renamed + 1, `one for each file put in place, and one for log-0: ${syncs}`)
    partition.close()
  }
})

test('what a close writes is synced with its name, the marker last', async () => {
  const dir = tempDir()
  const syncs = await syncsOf(async () => {
    const partition = await open(dir)
    write(partition)
    partition.close()
  })
  assert.ok(
    syncs.some((sync, i) => sync === `fsync ${dir}/log-0` && syncs[i - 1]!.endsWith('00000000000000000000.log')),
    `the segment's name lasts with what is in it: ${syncs}`,
  )
  assert.equal(syncs.slice(-2), [`fdatasync ${dir}/.kafka_cleanshutdown.tmp`, `fsync ${dir}`])
  for (const [i, sync] of syncs.entries()) {
    if (sync.endsWith('.tmp'))
      assert.is(syncs[i + 1], `fsync ${sync.slice('fdatasync '.length, sync.lastIndexOf('/'))}`)
  }
})

test.run()
