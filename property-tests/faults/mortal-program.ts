/**
 * A program that is meant to be killed: `node mortal-program.js DIR LIFE COUNT`. Two threads send into the log in DIR, some
 * of it synced, some written, and each acknowledgement is on stdout before anything else happens. With a COUNT it stops after that
 * many rounds and closes; with 0 it goes on until it is killed.
 */
import {isMainThread, Worker, workerData} from 'node:worker_threads'
import {attachLog, type Log, type LogHandle, openLog} from '../../index.ts'
import {payload} from '../door/payload.ts'
import {say} from './say.ts'

interface Task {
  readonly handle: LogHandle
  readonly name: string
  readonly rounds: number
}

/** Rolls every few rounds, so that a kill meets rolls and syncs of rolled segments, too. */
const OPTIONS = {segmentBytes: 8192, indexIntervalBytes: 512, retentionMs: -1, retentionCheckMs: 50}

async function sendRounds(log: Log, {name, rounds}: Omit<Task, 'handle'>): Promise<void> {
  let sequence = 0
  for (let round = 0; rounds === 0 || round < rounds; round++) {
    const sends: Promise<void>[] = []
    for (let i = 0; i < 8; i++) {
      const count = 1 + ((round + i) % 3)
      const texts = Array.from({length: count}, (_, k) =>
        payload(name, sequence + k, 48 + ((round * 37 + i * 11) % 300)),
      )
      const first = sequence
      sequence += count
      const durability = (round + i) % 4 === 0 ? 'synced' : 'written'
      sends.push(
        log.send(texts, {durability}).then(({baseOffset}) => say(`sent ${name} ${first} ${count} ${baseOffset}`)),
      )
    }
    // unasked for, in between: it has its place in the order like everything else
    log.append(payload(name, sequence++))
    await Promise.all(sends)
  }
}

async function main(dir: string, life: string, rounds: number): Promise<void> {
  const log = await openLog(dir, OPTIONS)
  say('open')
  const worker = new Worker(new URL(import.meta.url), {workerData: {handle: log.handle, name: `${life}b`, rounds}})
  const ended = new Promise(resolve => worker.once('exit', resolve))
  await sendRounds(log, {name: `${life}a`, rounds})
  await ended
  const start = Math.floor(log.logEndOffset / 2)
  say(`deleting ${start}`)
  await log.deleteRecordsBefore(start)
  say(`deleted ${start}`)
  await log.send(payload(`${life}c`, 0))
  await log.close()
  say('closed')
}

if (isMainThread) {
  const [dir, life, rounds] = process.argv.slice(2)
  await main(dir!, life!, Number(rounds))
} else {
  const {handle, ...task} = workerData as Task
  const log = await attachLog(handle)
  await sendRounds(log, task)
  await log.close()
}
