/** T24: a dir has one owner at a time. Others are refused at once and told who it is; when the owner ends, however, the dir is free. */
import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {times} from '../runs.ts'
import {readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {runProgram, startProgram} from './run-program.ts'
import {tempDir} from './temp-dir.ts'

const REFUSED_MS = 100
const FREE_MS = 1000

async function refusedInTime(dir: string, words: string): Promise<void> {
  const started = performance.now()
  await refused('LOG_IN_USE', () => openLog(dir), words)
  const ms = performance.now() - started
  assert.ok(ms <= REFUSED_MS, `refused after ${ms} ms`)
}

async function owner(dir: string): Promise<ChildProcess> {
  const child = startProgram('own', [dir])
  await once(child.stdout!, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('in the same process, from the same thread and by any path: refused, and told to attach', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  const link = `${tempDir()}/link`
  fs.symlinkSync(dir, link)
  for (const path of [dir, `${dir}/`, `${dir}/../${dir.split('/').at(-1)}`, link])
    await refusedInTime(path, 'attachLog')
  await log.send('still ours')
  await log.close()
  await (await openLog(link)).close()
})

test('in the same process, from another thread: refused, and told to attach', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  const worker = new Worker(new URL('./worker.js', import.meta.url), {workerData: {does: 'open', dir}})
  // from the start: what a thread that ends has posted comes in the same turn as its end
  const exit = once(worker, 'exit')
  const [{code, message}] = await once(worker, 'message')
  assert.is(code, 'LOG_IN_USE')
  assert.match(message, /attachLog\(log\.handle\), or attachCluster\(cluster\.handle\)/)
  await exit
  await log.send('still ours')
  await log.close()
})

test('in another process: refused, and told the pid', async () => {
  const dir = tempDir()
  const child = await owner(dir)
  await refusedInTime(dir, `process ${child.pid} on ${os.hostname()}`)
  await refusedInTime(dir, 'only one process')
  await kill(child)
})

test('two workers of a cluster: one gets it', async () => {
  const {stdout} = await runProgram('own in a cluster', [tempDir()])
  assert.equal(JSON.parse(stdout), {done: 1, LOG_IN_USE: 1})
})

test('after kill -9 of the owner the dir opens within a second, with all that was acknowledged', async () => {
  const rounds = async (): Promise<void> => {
    const dir = tempDir()
    for (let round = 1; round <= times(2, 10); round++) {
      await kill(await owner(dir))
      const started = performance.now()
      const log = await openLog(dir)
      const ms = performance.now() - started
      assert.ok(ms <= FREE_MS, `opened after ${ms} ms`)
      assert.is(log.recovered.clean, false)
      let count = 0
      log.reader().poll(record => assert.is(readPayload(record.text()).sequence, count++))
      assert.is(count, round)
      await log.close()
    }
  }
  await Promise.all([rounds(), rounds()])
})

test('two processes that take turns as fast as they can never own the dir at the same time', async () => {
  const dir = tempDir()
  const rounds = times(5, 20)
  const runs = await Promise.all([1, 2].map(() => runProgram('own by turns', [dir, String(rounds)])))
  const pids = new Set<string>()
  const turns: {pid: string; from: bigint; to: bigint}[] = []
  for (const {status, stdout} of runs) {
    assert.is(status, 0)
    for (const line of stdout.trim().split('\n')) {
      const [mark, pid, at] = line.split(' ', 3) as [string, string, string]
      if (mark === '+') turns.push({pid, from: BigInt(at), to: BigInt(at)})
      else if (mark === '-') turns.at(-1)!.to = BigInt(at)
      else assert.match(line, /LOG_IN_USE: .* is open in (process \d+ on|another process)/)
      if (mark !== '!') pids.add(pid)
    }
  }
  assert.is(pids.size, 2)
  assert.is(turns.length, 2 * rounds)
  turns.sort((a, b) => (a.from < b.from ? -1 : 1))
  for (const [i, turn] of turns.slice(1).entries())
    assert.ok(turn.from > turns[i]!.to, `${turn.pid} owned the dir while ${turns[i]!.pid} did`)
  const log = await openLog(dir)
  assert.is(log.logEndOffset, 2 * rounds)
  await log.close()
})

test('several openers of one process at the same time: one gets it', async () => {
  const dir = tempDir()
  const attempts = await Promise.allSettled(Array.from({length: 8}, () => openLog(dir)))
  const opened = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
  assert.is(opened.length, 1)
  for (const attempt of attempts)
    if (attempt.status === 'rejected') await refused('LOG_IN_USE', () => Promise.reject(attempt.reason), 'attachLog')
  await opened[0]!.close()
})

test('what a dead owner left in the lock file holds nobody up', async () => {
  const dir = tempDir()
  const first = await openLog(dir)
  const own = JSON.parse(fs.readFileSync(`${dir}/.lock`, 'utf8'))
  await first.close()
  assert.not(fs.existsSync(`${dir}/.lock`))
  const left = [
    '',
    'nonsense',
    '{"pid":"1"}',
    JSON.stringify({...own, pid: 2 ** 22 + 1}),
    JSON.stringify({...own, pid: 1, network: 'net:[1]'}),
    JSON.stringify({...own, started: '1', network: 'net:[1]'}),
    JSON.stringify({...own, boot: 'another', network: 'net:[1]'}),
    // a thread of this very process that ended without a close
    JSON.stringify(own),
  ]
  for (const text of left) {
    fs.writeFileSync(`${dir}/.lock`, text)
    await (await openLog(dir)).close()
  }
})

test('a thread that ends without a close leaves the dir to anybody, also to another process', async () => {
  const dir = tempDir()
  const worker = new Worker(new URL('./worker.js', import.meta.url), {workerData: {does: 'stay', dir}})
  await once(worker, 'message')
  await worker.terminate()
  assert.ok(fs.existsSync(`${dir}/.lock`))
  const child = await owner(dir)
  await refused('LOG_IN_USE', () => openLog(dir), `process ${child.pid}`)
  await kill(child)
  await (await openLog(dir)).close()
})

test('an owner in another network namespace, where its socket is out of sight, is found by the file', async () => {
  const dir = tempDir()
  const child = await owner(dir)
  const named = JSON.parse(fs.readFileSync(`${dir}/.lock`, 'utf8'))
  const elsewhere = tempDir()
  fs.writeFileSync(`${elsewhere}/.lock`, JSON.stringify({...named, network: 'net:[1]'}))
  await refused('LOG_IN_USE', () => openLog(elsewhere), `process ${child.pid}`)
  await kill(child)
  await (await openLog(elsewhere)).close()
})

test('an open that fails lets go of the dir', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  await log.send('one')
  await log.close()
  const metadata = `${dir}/log-0/partition.metadata`
  const text = fs.readFileSync(metadata, 'utf8')
  fs.writeFileSync(metadata, 'corrupt')
  for (let i = 0; i < 3; i++) await refused('FOREIGN_DIR', () => openLog(dir))
  assert.not(fs.existsSync(`${dir}/.lock`))
  await refused('REPLICA_CRASHED', () => openLog(dir, {workerEntry: new URL('./nowhere.js', import.meta.url)}))
  fs.writeFileSync(metadata, text)
  const again = await openLog(dir)
  assert.is(again.logEndOffset, 1)
  await again.close()
})

test.run()
