/**
 * A directory that the system refuses, in earnest: not ours any more, mounted read-only, no directory any more, or no descriptor left to open
 * anything in it. Whoever asked is told with the typed error that fits, the log next door goes on, nothing spins, and once the system gives way
 * the log goes on where it was. Some ways take root.
 */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type LogOptions, type OdradekError, type OpenLog, openLog} from '../../index.ts'
import {snapshot} from '../door/snapshot.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'

interface Way {
  readonly name: string
  readonly code: string
  /** What keeps us from trying it here. */
  readonly missing: string | undefined
  /** Whether files that are there can still be opened. */
  readonly reads: boolean
  /** Refuses from now on; what it returns gives way. */
  refuse(dir: string): () => void
}

const NOBODY = 65_534
const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const OPTIONS: LogOptions = {
  durability: 'written',
  segmentBytes: 4096,
  retentionMs: -1,
  retentionBytes: 16_384,
  retentionCheckMs: 10,
}
const IDLE_MS = 300
/** A thread that spins takes all of it. */
const BUSY_MS_MAX = IDLE_MS / 2

const run = (command: string, ...args: string[]): boolean => spawnSync(command, args, {stdio: 'ignore'}).status === 0

const WAYS: readonly Way[] = [
  {
    name: 'EACCES, not ours to write any more',
    code: 'PERMISSION_DENIED',
    missing: isRoot ? undefined : 'it takes root to be somebody else',
    reads: true,
    refuse(dir) {
      const dirs = [dir, path.join(dir, 'log-0')].filter(each => fs.existsSync(each))
      for (const each of dirs) {
        fs.chownSync(each, 0, 0)
        fs.chmodSync(each, 0o755)
      }
      process.setegid!(NOBODY)
      process.seteuid!(NOBODY)
      return () => {
        process.seteuid!(0)
        process.setegid!(0)
      }
    },
  },
  {
    name: 'EROFS, mounted read-only',
    code: 'PERMISSION_DENIED',
    missing: canMount() ? undefined : 'it takes root that may mount',
    reads: true,
    refuse(dir) {
      assert.ok(run('mount', '--bind', dir, dir) && run('mount', '-o', 'remount,bind,ro', dir))
      return () => assert.ok(run('umount', '-l', dir))
    },
  },
  {
    name: 'ENOTDIR, a file in its place',
    code: 'NOT_A_DIRECTORY',
    missing: undefined,
    reads: false,
    refuse(dir) {
      fs.renameSync(dir, `${dir}-away`)
      fs.writeFileSync(dir, 'a file')
      return () => {
        fs.unlinkSync(dir)
        fs.renameSync(`${dir}-away`, dir)
      }
    },
  },
  {
    name: 'EMFILE, no descriptor left',
    code: 'KAFKA_STORAGE_ERROR',
    missing: process.platform === 'linux' ? undefined : 'it takes /proc',
    reads: false,
    refuse() {
      const taken: number[] = []
      const before = softLimit()
      assert.ok(
        run('prlimit', '--pid', String(process.pid), `--nofile=${fs.readdirSync('/proc/self/fd').length + 20}:`),
      )
      try {
        for (;;) taken.push(fs.openSync('/dev/null', 'r'))
      } catch (error) {
        assert.is((error as {code?: string}).code, 'EMFILE')
      }
      return () => {
        for (const fd of taken) fs.closeSync(fd)
        assert.ok(run('prlimit', '--pid', String(process.pid), `--nofile=${before}:`))
      }
    },
  },
]

function canMount(): boolean {
  if (!isRoot) return false
  const dir = tempDir()
  return run('mount', '--bind', dir, dir) && run('umount', '-l', dir)
}

function softLimit(): string {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8')) ?? []
  assert.ok(limit, 'a limit of open files')
  return limit!
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code ?? String(error),
  )

const value = (i: number): string => `${i} `.padEnd(900, '.')

/** Reads all there is; anew where retention moves the start away under the reader. */
async function expectRecords(log: OpenLog, end: number): Promise<void> {
  for (;;) {
    try {
      await readAll(log, end)
      return
    } catch (error) {
      if ((error as OdradekError).code !== 'OFFSET_OUT_OF_RANGE') throw error
    }
  }
}

async function readAll(log: OpenLog, end: number): Promise<void> {
  let next = -1
  for await (const record of log.reader()) {
    if (next < 0) next = record.offset
    if (next === end) break
    assert.equal([record.offset, record.text()], [next, value(next)])
    next++
  }
  assert.is(next, end)
}

async function busyMs(): Promise<number> {
  const before = process.cpuUsage()
  await setTimeout(IDLE_MS)
  const {user, system} = process.cpuUsage(before)
  return (user + system) / 1000
}

for (const way of WAYS) {
  const {name, code, missing} = way
  if (missing !== undefined) {
    skip(test, name, missing)
    continue
  }

  test(`${name}: an open log refuses what it cannot store, and goes on afterwards`, async () => {
    const home = tempDir()
    const dir = path.join(home, 'dir')
    fs.chmodSync(home, 0o755)
    const [log, neighbour] = await Promise.all([openLog(dir, OPTIONS), openLog(path.join(home, 'next'))])
    let end = 0
    for (; end < 3; end++) await log.send(value(end))
    const giveWay = way.refuse(dir)
    const codes: string[] = []
    try {
      for (let tried = 0; tried < 12; tried++) {
        const outcome = await codeOf(log.send(value(end)))
        if (outcome === 'done') end++
        else codes.push(outcome)
      }
      assert.equal([...new Set(codes)], [code])
      assert.is((await neighbour.send('next door')).baseOffset, 0)
      if (way.reads) await expectRecords(log, end)
      assert.ok((await busyMs()) < BUSY_MS_MAX, 'nothing spins')
    } finally {
      giveWay()
    }
    for (let more = 0; more < 40; more++, end++) assert.is((await log.send(value(end))).baseOffset, end)
    for (let i = 0; i < 400 && log.logStartOffset === 0; i++) await setTimeout(5)
    assert.ok(log.logStartOffset > 0, 'retention goes on')
    await expectRecords(log, end)
    assert.ok((await log.verify()).ok)
    await Promise.all([log.close(), neighbour.close()])
    const again = await openLog(dir, OPTIONS)
    assert.equal([again.recovered.clean, again.logEndOffset], [true, end])
    await again.close()
  })

  test(`${name}: a close is told, or needs nothing; afterwards all that was acknowledged is there`, async () => {
    const home = tempDir()
    fs.chmodSync(home, 0o755)
    const dir = path.join(home, 'dir')
    const log = await openLog(dir, OPTIONS)
    for (let i = 0; i < 6; i++) await log.send(value(i))
    const giveWay = way.refuse(dir)
    const outcome = await codeOf(log.close()).finally(giveWay)
    assert.ok(['done', code, 'KAFKA_STORAGE_ERROR'].includes(outcome), outcome)
    const again = await openLog(dir, OPTIONS)
    assert.is(again.logEndOffset, 6)
    await expectRecords(again, 6)
    await again.close()
  })

  test(`${name}: an opening is refused and changes nothing`, async () => {
    const home = tempDir()
    fs.chmodSync(home, 0o755)
    const dir = path.join(home, 'dir')
    const log = await openLog(dir, OPTIONS)
    for (let i = 0; i < 6; i++) await log.send(value(i))
    await log.close()
    const before = snapshot(dir)
    const giveWay = way.refuse(dir)
    const outcome = await codeOf(openLog(dir, OPTIONS)).finally(giveWay)
    assert.is(outcome, code)
    assert.equal(snapshot(dir), before)
    const again = await openLog(dir, OPTIONS)
    assert.is(again.logEndOffset, 6)
    await expectRecords(again, 6)
    await again.close()
  })
}

test.run()
