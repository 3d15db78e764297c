/**
 * Small programs that tests run in a process of their own: `node programs.js NAME ARGUMENT…`. Each does one thing that a test
 * cannot do to itself, such as ending, and prints what the test wants to know.
 */
import cluster from 'node:cluster'
import {once} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {attachLog, type Log, type LogOptions, type OdradekError, openLog} from '../../index.ts'
import {payload} from './payload.ts'

type Program = (...args: string[]) => Promise<void>

const crashing: LogOptions = {workerEntry: new URL('./crashing-replica.js', import.meta.url)}
const written: LogOptions = {durability: 'written'}

const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code ?? error.message,
  )

/** Prints how many of `promises` came to which end, once all have. */
async function tell(promises: readonly Promise<unknown>[]): Promise<void> {
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(promises.map(outcomeOf))) counts[outcome] = (counts[outcome] ?? 0) + 1
  console.log(JSON.stringify(counts))
}

function appendMany(log: Log, count: number, sender = 'p'): void {
  for (let i = 0; i < count; i++) log.append(payload(sender, i))
}

function sendMany(log: Log, count: number): Promise<unknown>[] {
  return Array.from({length: count}, (_, i) => log.send(payload('s', i)))
}

/** A bit of everything that waits for something. */
function waitsOf(log: Log): Promise<unknown>[] {
  const iterate = async (): Promise<void> => {
    for await (const _ of log.reader({from: 'latest', follow: true}).batches());
  }
  return [
    log.reader({from: 'latest'}).wait(),
    log.reader({from: 'latest', level: 'synced'}).wait(),
    iterate(),
    log.reader({from: 'latest', follow: true})[Symbol.asyncIterator]().next(),
    log.flush(),
    log.drained(),
    log.deleteRecordsBefore(0),
  ]
}

const startWorker = (workerData: object): Worker => new Worker(new URL('./worker.js', import.meta.url), {workerData})

const PROGRAMS: Readonly<Record<string, Program>> = {
  async 'append and end'(dir, count, durability) {
    appendMany(await openLog(dir!, {durability: durability as 'written'}), Number(count))
  },

  async 'append and end in a worker'(dir, count, how) {
    if (how === 'opened there') {
      startWorker({does: 'append and end', dir, count: Number(count)})
      return
    }
    const log = await openLog(dir!)
    startWorker({does: 'append and end', handle: log.handle, count: Number(count)})
  },

  async 'append, flush half, exit'(dir, count) {
    const log = await openLog(dir!)
    appendMany(log, Number(count) / 2)
    await log.flush()
    for (let i = Number(count) / 2; i < Number(count); i++) log.append(payload('p', i))
    process.exit(3)
  },

  async 'append, exit, flushSync'(dir, count, durability) {
    const log = await openLog(dir!, {durability: durability as 'written'})
    process.on('exit', () => log.flushSync({timeoutMs: 10_000}))
    appendMany(log, Number(count))
    process.exit(3)
  },

  async 'append, throw, flushSync'(dir, count) {
    const log = await openLog(dir!)
    process.on('exit', () => log.flushSync({timeoutMs: 10_000}))
    appendMany(log, Number(count))
    setImmediate(() => {
      throw new Error('a program that goes wrong')
    })
  },

  async 'flushSync after close'(dir) {
    const log = await openLog(dir!)
    process.on('exit', () => log.flushSync())
    appendMany(log, 10)
    await log.close()
  },

  async 'sends, then close'(dir, count) {
    const log = await openLog(dir!)
    const sends = sendMany(log, Number(count))
    await log.close()
    await tell([...sends, log.closed])
  },

  async 'sends that ask for more than the log, then close'(dir, count) {
    const log = await openLog(dir!, written)
    const sends = Array.from({length: Number(count)}, (_, i) => log.send(payload('s', i), {durability: 'synced'}))
    await log.close()
    await tell([...sends, log.closed])
  },

  async 'waits, then close'(dir) {
    const log = await openLog(dir!)
    const waits = waitsOf(log)
    await log.close()
    await tell([...waits, log.closed])
  },

  async 'sends and waits, then the end'(dir, count) {
    const log = await openLog(dir!)
    await tell(sendMany(log, Number(count)))
    log.reader({from: 'latest'})
  },

  async 'waits, then exit'(dir) {
    const log = await openLog(dir!)
    for (const wait of waitsOf(log)) wait.catch(() => {})
    setImmediate(() => process.exit(0))
  },

  async 'close again and again'(dir, count) {
    const log = await openLog(dir!)
    const sends = sendMany(log, Number(count))
    const closes = [log.close(), log.close(), log[Symbol.asyncDispose]()]
    await log.close()
    await tell([...sends, ...closes, log.close(), log.closed])
  },

  async 'a crash under sends and waits'(dir, count) {
    const log = await openLog(dir!, crashing)
    const work = [...waitsOf(log), ...sendMany(log, Number(count)), log.send('#exit'), log.closed]
    await tell(work)
  },

  async 'close under an attached sender'(dir, count) {
    const log = await openLog(dir!, written)
    const worker = startWorker({does: 'send without end', handle: log.handle})
    await once(worker, 'message')
    const told = once(worker, 'message')
    const sends = sendMany(log, Number(count))
    await log.close()
    await tell(sends)
    const [counts] = await told
    console.log(JSON.stringify(counts))
  },

  async 'an attached log closes, then its owner'(dir, count) {
    const log = await openLog(dir!)
    const attached = await attachLog(log.handle)
    const sends = [...sendMany(attached, Number(count)), ...sendMany(log, Number(count))]
    const waits = waitsOf(attached)
    await attached.close()
    await log.close()
    await tell([...sends, ...waits, attached.closed, log.closed])
  },

  async 'the owner closes, then an attached log'(dir) {
    const log = await openLog(dir!)
    const attached = await attachLog(log.handle)
    const waits = waitsOf(attached)
    await attached.flush()
    await log.close()
    await attached.close()
    await tell([...waits, attached.closed, log.closed])
  },

  async 'run out of memory'(dir) {
    const log = await openLog(dir!, crashing)
    await log.send('one')
    const outcome = await outcomeOf(log.send('#fill-memory'))
    const again = await openLog(dir!)
    const [first] = (await again.reader().batches().next()).value!
    console.log(outcome, first!.text())
    await again.close()
  },

  async 'say why it cannot be opened'(dir) {
    await openLog(dir!).then(
      log => log.close(),
      (error: Error) => console.log(error.message),
    )
  },

  /** Says when it owns the dir, and stays until it is killed. */
  async own(dir) {
    const log = await openLog(dir!)
    await log.send(payload('own', log.logEndOffset))
    console.log(`owner ${process.pid}`)
    setInterval(() => {}, 1000)
  },

  /** Has two workers of a cluster, which share what they listen on, open the dir; tells how that went. */
  async 'own in a cluster'(dir) {
    if (cluster.isPrimary) {
      const workers = [cluster.fork(), cluster.fork()]
      await tell(workers.map(async worker => Promise.reject((await once(worker, 'message'))[0])))
      for (const worker of workers) worker.kill('SIGKILL')
    } else {
      process.send!({code: await outcomeOf(openLog(dir!))})
    }
  },

  /** Tries to own the dir again and again; says `+` and `-` around the time it does. */
  async 'own by turns'(dir, rounds) {
    for (let owned = 0; owned < Number(rounds); ) {
      try {
        const log = await openLog(dir!, written)
        process.stdout.write(`+ ${process.pid} ${process.hrtime.bigint()}\n`)
        await log.send('mine')
        process.stdout.write(`- ${process.pid} ${process.hrtime.bigint()}\n`)
        await log.close()
        owned++
      } catch (error) {
        const {code, message} = error as OdradekError
        if (code !== 'LOG_IN_USE') throw error
        process.stdout.write(`! ${message}\n`)
        await setTimeout(2)
      }
    }
  },
}

await PROGRAMS[process.argv[2]!]!(...process.argv.slice(3))
