/** The two servers: a process of ours, and Apache Kafka's. */
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {RealKafka} from '../../property-tests/kafka/real-kafka.ts'
import {type Measure, OURS} from '../harness/measure.ts'
import {firstAccepted} from './first-accepted.ts'

export interface Server {
  readonly name: string
  /** In a dir that is new; resolves when it has accepted a record. */
  start(dir: string): Promise<RunningServer>
}

export interface RunningServer {
  readonly address: string
  /** From the start of the process to the first record that was accepted. */
  readonly startMs: number
  /** Seconds of processor time that the process has taken so far. */
  cpuSeconds(): number
  residentMiB(): Measure
  stop(): Promise<void>
}

/** A peer's name. */
export const APACHE_KAFKA = 'Apache Kafka'

const TICKS_A_SECOND = 100

export function ourServer(level: 'written' | 'synced'): Server {
  return {
    name: OURS,
    async start(dir) {
      const startMs = performance.now()
      const entry = fileURLToPath(new URL('./our-server.js', import.meta.url))
      const child = fork(entry, [dir, level], {stdio: ['ignore', 2, 2, 'ipc']})
      const [address] = (await Promise.race([once(child, 'message'), failedOf(once(child, 'exit'))])) as [string]
      await firstAccepted(address)
      return {
        address,
        startMs: performance.now() - startMs,
        ...usageOf(child.pid!),
        async stop() {
          const ended = once(child, 'exit')
          child.disconnect()
          await ended
        },
      }
    },
  }
}

async function failedOf(exit: Promise<unknown[]>): Promise<never> {
  throw new Error(`our server ended with ${(await exit)[0]} before it served`)
}

export function theirServer(classPath: string, level: 'written' | 'synced'): Server {
  return {
    name: APACHE_KAFKA,
    async start(dir) {
      const kafka = await RealKafka.format(classPath, dir, {
        jvmFlags: [],
        properties: level === 'synced' ? {'log.flush.interval.messages': '1'} : {},
      })
      const startMs = performance.now()
      await kafka.start()
      await firstAccepted(kafka.address)
      return {
        address: kafka.address,
        startMs: performance.now() - startMs,
        ...usageOf(kafka.pid),
        stop: () => kafka.stop(),
      }
    },
  }
}

/** What Linux says of a process, all its threads together. */
function usageOf(pid: number): Pick<RunningServer, 'cpuSeconds' | 'residentMiB'> {
  return {
    cpuSeconds() {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
    },
    residentMiB() {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
      return {what: 'resident after all of it', unit: 'MiB', value: Number(kib) / 1024}
    },
  }
}
