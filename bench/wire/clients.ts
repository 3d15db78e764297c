import {Consumer, MessagesStreamModes, ProduceAcks, Producer} from '@platformatic/kafka'
import {runProgram} from '../../property-tests/kafka/run-program.ts'

/** What goes through one topic: values of `bytes`, `records` of them. */
export interface Transfer {
  readonly address: string
  readonly topic: string
  readonly bytes: number
  readonly records: number
}

/** A program of others that knows nothing of us. */
export interface Client {
  readonly name: string
  /** Sends all of it as fast as it can; returns the records a second, without its own start. */
  produce(transfer: Transfer): Promise<number>
  /** Reads all of it from the beginning; returns the records a second, without its own start. */
  consume(transfer: Transfer): Promise<number>
  /** Sends at a steady rate; returns the delays of acknowledgements, in ms. Not every client can. */
  readonly pace?: (transfer: Transfer & {readonly perSecond: number}) => Promise<{p50: number; p99: number}>
}

const RUN_MS_MAX = 300_000
const TOOLS = 'org.apache.kafka.tools'

/** Kafka's own programs for measuring, each in a JVM as Java makes it. */
export function javaClient(classPath: string): Client {
  const run = async (main: string, args: readonly string[]): Promise<string> => {
    const flags = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath]
    const program = [...flags, `${TOOLS}.${main}`, ...args]
    const {exitCode, stdout, stderr} = await runProgram('java', program, {timeoutMs: RUN_MS_MAX})
    if (exitCode !== 0) throw new Error(`${main} ended with ${exitCode}: ${stderr.slice(-2000)}${stdout.slice(-500)}`)
    return stdout
  }
  const send = (transfer: Transfer, {throughput, warmup}: {throughput: number; warmup: number}): Promise<string> =>
    run('ProducerPerformance', [
      ...['--bootstrap-server', transfer.address, '--topic', transfer.topic],
      ...['--num-records', String(transfer.records + warmup), '--record-size', String(transfer.bytes)],
      ...['--warmup-records', String(warmup), '--throughput', String(throughput)],
      ...['--command-property', 'acks=1', 'enable.idempotence=false', 'batch.size=65536', 'linger.ms=5'],
    ])
  return {
    name: 'Java',
    async produce(transfer) {
      return Number(steadyState(await send(transfer, {throughput: -1, warmup: transfer.records}))[1])
    },
    async consume({address, topic, records}) {
      const out = await run('ConsumerPerformance', [
        ...['--bootstrap-server', address, '--topic', topic],
        ...['--num-records', String(records), '--hide-header'],
      ])
      const fields = out.trim().split('\n').at(-1)!.split(', ')
      return Number(fields.at(-1))
    },
    async pace(transfer) {
      const [, , p50, p99] = steadyState(
        await send(transfer, {throughput: transfer.perSecond, warmup: transfer.records}),
      )
      return {p50: Number(p50), p99: Number(p99)}
    },
  }
}

/** Its last line tells of what came after the warm-up. */
function steadyState(out: string): RegExpExecArray {
  const found = /steady state records sent, ([\d.]+) records\/sec.*, ([\d.]+) ms 50th.*, ([\d.]+) ms 99th/.exec(out)
  if (found === null) throw new Error(`ProducerPerformance told no figures: ${out.slice(-500)}`)
  return found
}

const MESSAGES = 1000
const CALLS_UNDER_WAY = 5

export const nodeClient: Client = {
  name: '@platformatic/kafka',
  async produce({address, topic, bytes, records}) {
    const producer = new Producer({clientId: 'bench', bootstrapBrokers: [address], acks: ProduceAcks.LEADER})
    try {
      const value = Buffer.alloc(bytes, 'x')
      const messages = Array.from({length: MESSAGES}, () => ({topic, value}))
      const startMs = performance.now()
      let left = records
      const sender = async (): Promise<void> => {
        while (left > 0) {
          const some = Math.min(left, MESSAGES)
          left -= some
          await producer.send({messages: messages.slice(0, some)})
        }
      }
      await Promise.all(Array.from({length: CALLS_UNDER_WAY}, sender))
      return (records / (performance.now() - startMs)) * 1000
    } finally {
      await producer.close()
    }
  },
  async consume({address, topic, records}) {
    const groupId = `bench-${topic}`
    const consumer = new Consumer({clientId: 'bench', groupId, bootstrapBrokers: [address]})
    try {
      const stream = await consumer.consume({topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false})
      const startMs = performance.now()
      let seen = 0
      for await (const _message of stream) if (++seen === records) break
      return (records / (performance.now() - startMs)) * 1000
    } finally {
      await consumer.close(true)
    }
  },
}
