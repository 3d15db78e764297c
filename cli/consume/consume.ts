import {randomUUID} from 'node:crypto'
import type {Admin, Kafka, KafkaMessage} from '../../doors/kafkajs.ts'
import type {Position} from '../arguments.ts'
import {EXIT, Failure, UsageError} from '../failure.ts'
import {committedOf} from '../group/committed.ts'
import {Output} from '../output.ts'
import {onTarget} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {startsOf} from '../target/starts.ts'
import {requireTopics} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {harmlessLines} from '../text.ts'
import {type Format, formatOf, lineFormat} from './format.ts'
import {type Place, toEnvelope, toRecordJson} from './message-json.ts'
import {Reading, type StartingPoint} from './reading.ts'

export interface ConsumeOptions extends TargetOptions {
  readonly json?: boolean
  readonly offset?: Position
  readonly exit?: boolean
  readonly count?: number
  readonly partition?: number
  readonly keyDelimiter?: string
  readonly format?: string
  readonly envelope?: boolean
  readonly group?: string
}

/** `odradek consume`. Returns the exit code. */
export async function consume(topics: readonly string[], options: ConsumeOptions, terminal: Terminal): Promise<number> {
  const {group, offset = 'earliest', exit = false, count = Number.POSITIVE_INFINITY} = options
  if (group !== undefined && typeof offset !== 'string')
    throw new UsageError(
      'a group goes on where it left off; -o says beginning or end for where it has been nowhere yet',
    )
  const out = new Output(terminal.stdout)
  const show = printerOf(options, out, terminal.stdout.isTTY)
  return onTarget(options, async ({kafka}, stop) => {
    const starts = await startingPoints(kafka, {topics, position: offset, partition: options.partition, group})
    const groupId = group ?? `odradek-consume-${randomUUID()}`
    const reading = new Reading({
      starts,
      fromBeginning: offset === 'earliest',
      groupId,
      isMember: group !== undefined,
      untilEnd: exit,
      most: count,
      out,
      show,
    })
    if (terminal.stderr.isTTY && !exit && starts.every(({low, high}) => low === high))
      terminal.stderr.write(`${topics.join(', ')}: nothing yet; waiting for records, Ctrl-C ends\n`)
    await reading.run(kafka, stop)
    // a group that was made for this reading alone
    if (group === undefined) await withAdminOf(kafka, admin => admin.deleteGroups([groupId])).catch(() => {})
    const isCutShort = stop.signal !== undefined && !reading.isComplete && (exit || count !== Number.POSITIVE_INFINITY)
    return isCutShort ? EXIT.cutShort(stop.signal) : EXIT.fine
  })
}

interface Where {
  readonly topics: readonly string[]
  readonly position: Position
  readonly partition: number | undefined
  readonly group: string | undefined
}

async function startingPoints(kafka: Kafka, {topics, position, partition, group}: Where): Promise<StartingPoint[]> {
  return withAdminOf(kafka, async admin => {
    await requireTopics(admin, topics)
    const starts = await Promise.all(
      topics.map(async topic => (await startsOf(admin, topic, position)).map(start => ({topic, ...start}))),
    )
    const wanted = starts.flat().filter(each => partition === undefined || each.partition === partition)
    if (wanted.length === 0) throw new Failure(`${topics.join(', ')} has no partition ${partition}`)
    if (group === undefined) return wanted
    const committed = await committedOf(admin, group)
    return wanted.map(each => {
      const known = committed.find(({topic, partition: number}) => topic === each.topic && number === each.partition)
      return {...each, start: known?.offset ?? each.start}
    })
  })
}

async function withAdminOf<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

type Print = (place: Place, message: KafkaMessage) => void

function printerOf(options: ConsumeOptions, out: Output, isTerminal: boolean): Print {
  const {json, envelope, format, keyDelimiter} = options
  if ([json, envelope, format !== undefined, keyDelimiter !== undefined].filter(Boolean).length > 1)
    throw new UsageError('--json, --envelope, --format and --key-delimiter exclude each other: choose one')
  if (json) return (place, message) => out.object(toRecordJson(place, message))
  if (envelope) return (place, message) => out.object(toEnvelope(place, message))
  const shape: Format = format === undefined ? lineFormat(keyDelimiter) : formatOf(format)
  if (!isTerminal) return (place, message) => out.bytes(shape(place, message))
  // what a record holds must not command a terminal
  return (place, message) => out.bytes(Buffer.from(harmlessLines(Buffer.from(shape(place, message)).toString())))
}
