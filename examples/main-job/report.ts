import {availableParallelism} from 'node:os'
import type {Durability} from 'odradek'
import type {Check} from './checks.ts'
import type {Failures} from './failures.ts'
import {longestGaps} from './gaps.ts'
import {paint} from './paint.ts'
import {count} from './picture.ts'
import {BROKERS, COORDINATORS, PARTITIONS, type Plan, PRODUCERS, REPLICAS, recordsOf} from './plan.ts'
import type {Streamed} from './stream.ts'

/** What a run found out, apart from the checks. */
export interface Facts {
  readonly plan: Plan
  readonly durability: Durability
  readonly streamed: Streamed
  readonly failures: Failures
  /** Keys and values of all flights. */
  readonly contentBytes: number
  /** In all replicas. */
  readonly diskBytes: number
  readonly openMs: number
  readonly reopenMs: number
  readonly offsetLookUpsMs: Float64Array
  readonly timeLookUpsMs: Float64Array
}

const NAME_COLUMNS = 12
/** How long around a failure the time without acknowledgements is looked for. */
const AROUND_MS = 1000

export function report(facts: Facts): string {
  const {plan, durability} = facts
  const title = `${count(recordsOf(plan))} flights, ${PRODUCERS} producer threads, a live reader in a third`
  const cluster = `${BROKERS} brokers, ${COORDINATORS} coordinators, ${PARTITIONS} partitions × ${REPLICAS} replicas`
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores, durability ${durability}, acks all`
  return [
    `${paint.bold(title)}\n${cluster}\n${paint.dim(machine)}\n`,
    ...(plan.fullSpeed > 0 ? fullSpeed(facts) : []),
    ...latency(facts),
    ...failures(facts),
    ...disk(facts),
    ...lookUps(facts),
  ].join('\n')
}

export function checkReport(checks: readonly Check[]): string {
  const lines = checks.map(({name, problem}) =>
    problem === undefined ? `${paint.green('ok')}      ${name}` : `${paint.red('FAILED')}  ${name}\n        ${problem}`,
  )
  const failed = checks.filter(({problem}) => problem !== undefined).length
  const sum =
    failed === 0
      ? paint.green(`All ${checks.length} checks held.`)
      : paint.red(`${failed} of ${checks.length} checks failed.`)
  return [...lines, '', sum].join('\n')
}

function fullSpeed({plan, durability, streamed, contentBytes}: Facts): string[] {
  const bytes = contentBytes * (plan.fullSpeed / recordsOf(plan))
  const {fullSpeedMs, fullSpeedReadMs} = streamed
  return [
    row('send', `${rate(plan.fullSpeed, fullSpeedMs)}, ${megabytes(bytes / (fullSpeedMs / 1000))}/s`),
    note(`${count(plan.fullSpeed)} flights at full speed, until all were ${durability} by every replica`),
    row('live read', rate(plan.fullSpeed, fullSpeedReadMs)),
    note('the same, until the reader had them'),
  ]
}

function latency({plan, streamed, failures}: Facts): string[] {
  const {latenciesMs, dueMs} = streamed.followed
  const calm = latenciesMs.filter((_, i) => dueMs[i]! + latenciesMs[i]! < failures.brokerKilledMs)
  return [
    row('latency', percentiles(calm, [50, 90, 99, 100], milliseconds)),
    note(`send to read, before anything failed: ${count(calm.length)} flights,`),
    note(`${count(plan.pacedPerSecond)} a second (open loop), from the time each was due`),
    row('', percentiles(latenciesMs, [50, 90, 99, 100], milliseconds)),
    note(`the same over all ${count(latenciesMs.length)}, while a broker and a coordinator died`),
  ]
}

/** How long writes paused. */
function failures({streamed, failures: {led, ...failed}}: Facts): string[] {
  const acks = streamed.acks.flat()
  const gaps = (fromMs: number, aroundMs = AROUND_MS) =>
    longestGaps(acks, PARTITIONS, {fromMs, toMs: fromMs + aroundMs})
  const broker = gaps(failed.brokerKilledMs)
  const coordinator = gaps(failed.coordinatorKilledMs)
  const before = gaps(streamed.pacedStartMs, failed.brokerKilledMs - streamed.pacedStartMs)
  const restart = gaps(failed.restartedMs, (failed.healedMs ?? failed.restartedMs) - failed.restartedMs)
  const others = broker.filter((_, partition) => !led.includes(partition))
  return [
    row('failures', `broker killed: no ack for ${milliseconds(Math.max(...led.map(each => broker[each]!)))}`),
    note(`in the partitions it led (${led.join(', ')}); ${milliseconds(Math.max(...others))} in the others`),
    row('', `coordinator killed: no ack for ${milliseconds(Math.max(...coordinator))}`),
    note(`before, the longest time without one was ${milliseconds(Math.max(...before))},`),
    note(`while the broker came back ${milliseconds(Math.max(...restart))}`),
    row('', `broker back in sync after ${milliseconds((failed.healedMs ?? Number.NaN) - failed.restartedMs)}`),
    note('from its restart until every partition had all its replicas in sync'),
  ]
}

function disk({contentBytes, diskBytes, openMs, reopenMs}: Facts): string[] {
  return [
    row('on disk', `${megabytes(diskBytes)}, ${REPLICAS} replicas of everything`),
    note(`${megabytes(contentBytes)} are the flights' keys and values, once`),
    row('open', `new ${milliseconds(openMs)}, again ${milliseconds(reopenMs)}`),
  ]
}

function lookUps({offsetLookUpsMs, timeLookUpsMs}: Facts): string[] {
  return [
    row('look-up', `by offset ${percentiles(offsetLookUpsMs, [50, 99], microseconds)}`),
    row('', `by time   ${percentiles(timeLookUpsMs, [50, 99], microseconds)}`),
    note(`${count(offsetLookUpsMs.length)} of each, at random, in the reopened cluster`),
  ]
}

function row(name: string, text: string): string {
  return `${name.padEnd(NAME_COLUMNS)}${paint.bold(text)}`
}

function note(text: string): string {
  return `${' '.repeat(NAME_COLUMNS)}${paint.dim(text)}`
}

/** The greatest is written as 100. */
export function percentiles(
  samples: Float64Array,
  percents: readonly number[],
  write: (value: number) => string,
): string {
  const sorted = samples.toSorted()
  return percents
    .map(percent => {
      const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
      return `${percent === 100 ? 'max' : `p${percent}`} ${write(value)}`
    })
    .join('  ')
}

function rate(records: number, tookMs: number): string {
  const perSecond = records / (tookMs / 1000)
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} million records/s` : `${count(perSecond)} records/s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`
}

function microseconds(ms: number): string {
  return `${count(ms * 1000)} µs`
}
