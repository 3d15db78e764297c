/** The same log from several threads: attachLog gives each its own doors, and what becomes of one harms no other. */
import {once} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {attachLog, type Log, type LogHandle, openLog} from '../../index.ts'
import {onNewLog} from './on-new-log.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

const THREADS_MAX = 62

function start(task: {does: string; handle?: LogHandle; name?: string; count?: number; dir?: string}): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), {workerData: task})
}

async function answer(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message')
  return message
}

/** Reads everything, checks every sender's order, and returns how many records each sent. */
function countBySender(log: Log): Map<string, number> {
  const counts = new Map<string, number>()
  log.reader().poll(record => {
    const {sender, sequence} = readPayload(record.text())
    const next = counts.get(sender) ?? 0
    assert.is(sequence, next, `${sender} sent ${sequence} after ${next - 1}`)
    counts.set(sender, next + 1)
  })
  return counts
}

test('several producers and readers in threads of their own: each sender keeps its order, each reader sees the same', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const names = ['a', 'b', 'c']
    const count = 20_000
    const readers = [1, 2].map(() => start({does: 'read', handle: log.handle, count: count * (names.length + 1)}))
    const seen = readers.map(answer)
    const producers = names.map(name => start({does: 'produce', handle: log.handle, name, count}))
    const produced = producers.map(answer)
    for (let i = 0; i < count; i++) if (!log.append(payload('main', i))) await log.drained()
    await log.flush()
    assert.equal(
      await Promise.all(produced),
      names.map(() => count),
    )
    const counts = countBySender(log)
    assert.equal(Object.fromEntries(counts), Object.fromEntries(['main', ...names].sort().map(name => [name, count])))
    const [first, second] = (await Promise.all(seen)) as [string[], string[]]
    const texts: string[] = []
    for await (const record of log.reader()) texts.push(record.text())
    assert.ok(first.join() === texts.join() && second.join() === texts.join(), 'readers saw something else')
    while (log.metrics().attachedThreads > 1) await setTimeout(5)
  })
})

test('a door in the same thread is a sender of its own', async () => {
  await onNewLog({}, async log => {
    const attached = await attachLog(log.handle)
    for (let i = 0; i < 500; i++) {
      if (i % 50 === 0) await log.send(payload('owner', i))
      else log.append(payload('owner', i))
      if (i % 70 === 0) await attached.send(payload('attached', i))
      else attached.append(payload('attached', i))
    }
    await Promise.all([log.flush(), attached.flush()])
    for (const door of [log, attached])
      assert.equal(Object.fromEntries(countBySender(door)), {owner: 500, attached: 500})
    assert.is(attached.logEndOffset, log.logEndOffset)
    await attached.close()
    await log.send('the owner goes on')
  })
})

test('threads that are terminated harm nobody, and their places are used again', async () => {
  await onNewLog({durability: 'written'}, async log => {
    for (let round = 0; round < 4; round++) {
      const doomed = ['x', 'y'].map(name =>
        start({does: 'append for ever', handle: log.handle, name: `${name}${round}`}),
      )
      await Promise.all(doomed.map(answer))
      log.append(payload('main', 2 * round))
      await Promise.all(doomed.map(worker => worker.terminate()))
      await log.send(payload('main', 2 * round + 1))
      assert.ok(log.metrics().attachedThreads <= 3, `${log.metrics().attachedThreads} attached in round ${round}`)
    }
    const counts = countBySender(log)
    assert.is(counts.get('main'), 8)
    assert.is(counts.size, 9)
    assert.ok((await log.verify()).ok)
  })
})

test('as many threads as there are places; one more is refused; a place given up is taken again', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const doors: Log[] = []
    while (doors.length < THREADS_MAX - 1) doors.push(await attachLog(log.handle))
    await refused('TOO_MANY_THREADS', () => attachLog(log.handle), 'close a log somewhere first')
    await Promise.all(doors.map((door, i) => door.send(payload(`door ${i}`.replace(' ', ''), 0))))
    assert.is(log.metrics().attachedThreads, THREADS_MAX)
    assert.is(countBySender(log).size, doors.length)
    await doors.pop()!.close()
    doors.push(await attachLog(log.handle))
    await doors.at(-1)!.send(payload('again', 0))
    await Promise.all(doors.map(door => door.close()))
    await (await attachLog(log.handle)).close()
  })
})

test('where all places are those of dead threads, they are taken back', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const doors: Log[] = []
    const worker = start({does: 'stay', handle: log.handle})
    await answer(worker)
    while (doors.length < THREADS_MAX - 2) doors.push(await attachLog(log.handle))
    await worker.terminate()
    const late = await attachLog(log.handle)
    await late.send('in the place of the dead')
    await Promise.all([...doors, late].map(door => door.close()))
  })
})

test('a place that changes hands under load loses no wake-up', async () => {
  await onNewLog({}, async log => {
    const worker = start({does: 'produce', handle: log.handle, name: 'w', count: 5000})
    const produced = answer(worker)
    for (let i = 0; i < 40; i++) {
      const door = await attachLog(log.handle)
      const waiting = door.reader({from: 'latest'}).wait()
      await Promise.all([
        door.send(payload(`d${i}`, 0)),
        door.send(payload(`d${i}`, 1), {durability: 'written'}),
        waiting,
      ])
      await door.close()
    }
    await produced
    assert.is(countBySender(log).get('w'), 5000)
  })
})

test('closing an attached door leaves the others', async () => {
  await onNewLog({}, async log => {
    const one = await attachLog(log.handle)
    const two = await attachLog(log.handle)
    one.append('kept')
    const reading = two.reader({follow: true}).batches()
    await one.close()
    await one.closed
    await refused('LOG_CLOSED', () => one.append('x'))
    assert.is((await reading.next()).value![0]!.text(), 'kept')
    await two.send('two goes on')
    await log.send('so does the owner')
    await two.close()
    assert.equal(await reading.next(), {done: true, value: undefined})
  })
})

test('when the owner closes, attached doors are closed: pending work settles, later work is refused, closed settles', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {durability: 'written'})
  const attached = await attachLog(log.handle)
  const busy = await attachLog(log.handle)
  await attached.send('before')
  const waiting = attached.reader({from: 'latest'}).wait()
  const sends: Promise<string>[] = []
  const closing = log.close()
  for (let i = 0; i < 200; i++) {
    sends.push(
      busy.send(payload('b', i)).then(
        () => 'stored',
        error => error.code,
      ),
    )
    if (i % 10 === 0) await setTimeout(0)
  }
  await closing
  assert.type(await waiting, 'boolean')
  for (const outcome of await Promise.all(sends)) assert.ok(['stored', 'LOG_CLOSED'].includes(outcome), outcome)
  await attached.closed
  await refused('LOG_CLOSED', () => attached.append('x'), 'closed by the thread that opened it')
  await refused('LOG_CLOSED', () => attached.send('x'))
  await refused('LOG_CLOSED', () => attached.flush())
  await attached.close()
  await busy.close()
  await refused('LOG_CLOSED', () => attachLog(log.handle), 'not open any more')
})

test('what an attached door had taken and the owner closed over is told by its close', async () => {
  const log = await openLog(tempDir())
  const attached = await attachLog(log.handle)
  // waiting for `closed` alone keeps no process up
  const keepUp = setInterval(() => {}, 1000)
  await Promise.all([log.close(), attached.closed])
  clearInterval(keepUp)
  await attached.close()

  const other = await openLog(tempDir())
  const late = await attachLog(other.handle)
  const closing = other.close()
  late.append('in the open batch when the log is closed')
  await closing
  const told = await late.close().then(
    () => 'stored',
    error => error.code,
  )
  assert.ok(['stored', 'LOG_CLOSED'].includes(told))
  if (told === 'LOG_CLOSED') await refused('LOG_CLOSED', () => late.closed)
})

test('attachLog takes handles only', async () => {
  await onNewLog({}, async log => {
    for (const handle of [
      undefined,
      null,
      5,
      'handle',
      {},
      {odradek: 'log'},
      {...log.handle, map: {}},
      {...log.handle, odradek: 'x'},
      {...log.handle, map: new SharedArrayBuffer(64)},
      {...log.handle, arena: new ArrayBuffer(64)},
      {...log.handle, channel: 5},
    ])
      await refused('INVALID_HANDLE', () => attachLog(handle as LogHandle), 'handle of an open log')
    await (await attachLog(structuredClone(log.handle))).close()
  })
})

test.run()
