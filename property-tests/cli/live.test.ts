/** The reading tools on a directory that this process has open: they see what it writes, rolls and deletes, and disturb nothing. */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type OpenLog, openLog} from '../../index.ts'
import {snapshot} from '../door/snapshot.ts'
import {tempDir} from '../door/temp-dir.ts'
import {endOf, linesShown, objectsOf, runCli, startCli} from './run-cli.ts'
import {filesOf} from './samples.ts'

const TURN_MS = 4

/** Appends without end, a few records at a time, until told to stop. */
function keepAppending(log: OpenLog): () => Promise<number> {
  let goesOn = true
  const done = (async () => {
    let count = log.logEndOffset
    while (goesOn) {
      for (let i = 0; i < 25; i++) log.append({key: `k${count % 3}`, value: `${count++} ${'.'.repeat(count % 90)}`})
      await log.flush({durability: 'written'})
      await setTimeout(TURN_MS)
    }
    return count
  })()
  return () => {
    goesOn = false
    return done
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(5)
}

test('an idle log that is open is read without a trace, and its owner is told', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  await log.send(['one', 'two'])
  const before = snapshot(dir)
  const [stats, verify, exported, tail, dump] = await Promise.all(
    ['stats', 'verify', 'export', 'tail', 'dump'].map(tool => runCli(['log', tool, dir])),
  )
  for (const ending of [stats, verify, exported, tail, dump]) assert.equal([ending!.status, ending!.stderr], [0, ''])
  assert.match(stats!.stdout, `open in process ${process.pid} on `)
  assert.match(verify!.stdout, /offsets \[0, 2\), synced up to 2; open in process/)
  assert.is(objectsOf(exported!.stdout).length, 2)
  assert.equal(snapshot(dir), before)
  await log.send('three')
  await log.close()
  assert.ok((await openLog(dir).then(async again => [again.recovered.clean, await again.close()]))[0])
})

test('a log that grows and rolls is intact whenever it is looked at, and an export has no gap', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {durability: 'written', segmentBytes: 8192, indexIntervalBytes: 100, retentionMs: -1})
  const stop = keepAppending(log)
  await until(() => log.logEndOffset > 300)
  for (let round = 0; round < 2; round++) {
    const least = log.logEndOffset
    const [verify, exported] = await Promise.all([
      runCli(['log', 'verify', '--json', dir]),
      runCli(['log', 'export', dir]),
    ])
    assert.equal([verify.status, verify.stderr], [0, ''], verify.stdout)
    assert.ok(Number(objectsOf(verify.stdout).at(-1)!['logEndOffset']) >= least)
    assert.equal([exported.status, exported.stderr], [0, ''])
    const offsets = objectsOf(exported.stdout).map(({offset}) => offset)
    assert.ok(offsets.length >= least)
    assert.ok(offsets.every((offset, i) => offset === i))
  }
  await stop()
  await log.close()
})

test('tail -f shows every record once, across rolls and recoveries, and ends cleanly on Ctrl-C', async () => {
  const dir = tempDir()
  const options = {durability: 'written', segmentBytes: 4096, retentionMs: -1} as const
  let log = await openLog(dir, options)
  const child = startCli(['log', 'tail', '-f', '--json', '--from', 'earliest', dir])
  const shows = linesShown(child)
  const ending = endOf(child)
  let stop = keepAppending(log)
  await until(() => filesOf(dir, '.log').length > 5)
  await stop()
  await log.close()
  // half a batch, as a crash leaves it; the next owner cuts it off
  const last = filesOf(dir, '.log').at(-1)!
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
  fs.appendFileSync(last, Buffer.alloc(30, 1))
  await setTimeout(60)
  log = await openLog(dir, options)
  const end = log.logEndOffset
  stop = keepAppending(log)
  await until(() => log.logEndOffset > end + 200)
  const count = await stop()
  await log.close()
  await shows(count)
  child.kill('SIGINT')
  const {status, stdout, stderr} = await ending
  assert.equal([status, stderr], [0, ''])
  const offsets = objectsOf(stdout).map(({offset}) => offset)
  assert.is(offsets.length, count)
  assert.ok(offsets.every((offset, i) => offset === i))
})

test('segments that retention deletes meanwhile are told as deleted, not as damage', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {
    durability: 'written',
    segmentBytes: 2048,
    retentionMs: -1,
    retentionBytes: 20_000,
    retentionCheckMs: 5,
  })
  const stop = keepAppending(log)
  await until(() => log.logStartOffset > 0)
  for (let round = 0; round < 2; round++) {
    const [verify, exported] = await Promise.all([runCli(['log', 'verify', dir]), runCli(['log', 'export', dir])])
    assert.is(verify.status, 0, verify.stdout + verify.stderr)
    assert.is(exported.status, 0, exported.stderr)
    for (const line of exported.stderr.split('\n').slice(0, -1)) assert.match(line, 'deleted before they were read')
    const offsets = objectsOf(exported.stdout).map(({offset}) => Number(offset))
    assert.ok(offsets.every((offset, i) => i === 0 || offset > offsets[i - 1]!))
  }
  await stop()
  await log.close()
})

test('Ctrl-C ends a follower that waits', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  await log.send('one')
  await log.close()
  const child = startCli(['log', 'tail', '-f', '--json', dir])
  const ending = endOf(child)
  await linesShown(child)(1)
  child.kill('SIGINT')
  const {status, stdout, stderr} = await ending
  assert.equal([status, objectsOf(stdout).length, stderr], [0, 1, ''])
})

test('Ctrl-C cuts everything else short: 130', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {durability: 'written'})
  for (let i = 0; i < 5000; i++) log.append('x'.repeat(1000))
  await log.close()
  // nobody reads what they print, so they are in the midst of it
  const endings = [['export'], ['dump', '--records'], ['tail', '-n', '5000']].map(async args => {
    const child = startCli(['log', ...args, dir])
    await new Promise(resolve => child.stdout!.once('readable', resolve))
    child.kill('SIGINT')
    return (await endOf(child)).status
  })
  assert.equal(await Promise.all(endings), [130, 130, 130])
})

test('an import that is cut short keeps what it has read, and says so', async () => {
  const cut = async (signal: 'SIGINT' | 'SIGTERM', status: number) => {
    const dir = tempDir()
    const child = startCli(['log', 'import', '--lines', dir], {input: 'one\ntwo\n', inputGoesOn: true})
    const ending = endOf(child)
    await until(() => fs.existsSync(`${dir}/log-0`) && filesOf(dir, '.log').some(file => fs.statSync(file).size > 0))
    child.kill(signal)
    const {stderr, ...ended} = await ending
    assert.equal(ended, {status, stdout: ''})
    assert.match(stderr, 'stopped; 2 records imported, at offsets [0, 2) before that')
    const log = await openLog(dir)
    assert.equal([log.recovered.clean, log.logEndOffset], [true, 2])
    await log.close()
  }
  await Promise.all([cut('SIGINT', 130), cut('SIGTERM', 143)])
})

test('stats of a log that grows never tells of more synced than there is', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {durability: 'synced', retentionMs: -1})
  const stop = keepAppending(log)
  await until(() => log.syncedOffset > 1000)
  const endings = await Promise.all([1, 2, 3].map(() => runCli(['log', 'stats', '--json', dir])))
  for (const {stdout} of endings) {
    const [facts] = objectsOf(stdout)
    assert.ok(Number(facts!['syncedEnd']) <= Number(facts!['logEndOffset']), stdout)
  }
  await stop()
  await log.close()
})

test.run()
