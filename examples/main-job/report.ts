import {availableParallelism} from 'node:os'
import type {Durability} from 'odradek'
import type {Check} from './checks.ts'
import {paint} from './paint.ts'
import {type Plan, PRODUCERS, recordsOf} from './plan.ts'
import type {Streamed} from './stream.ts'

/** What a run found out, apart from the checks. */
export interface Facts {
  readonly plan: Plan
  readonly durability: Durability
  readonly streamed: Streamed
  /** Keys and values of all flights. */
  readonly contentBytes: number
  readonly diskBytes: number
  readonly segments: number
  readonly openMs: number
  readonly reopenMs: number
  /** Part of `reopenMs`: finding out that nothing is to be recovered. */
  readonly recoveryMs: number
  readonly offsetLookUpsMs: Float64Array
  readonly timeLookUpsMs: Float64Array
}

const NAME_COLUMNS = 12

export function report(facts: Facts): string {
  const {plan, durability} = facts
  const title = `${count(recordsOf(plan))} flights, ${PRODUCERS} producer threads, a live reader in a third`
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores, durability ${durability}`
  return [
    `${paint.bold(title)}\n${paint.dim(machine)}\n`,
    ...(plan.fullSpeed > 0 ? fullSpeed(facts) : []),
    ...latency(facts),
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
    row('append', `${rate(plan.fullSpeed, fullSpeedMs)}, ${megabytes(bytes / (fullSpeedMs / 1000))}/s`),
    note(`${count(plan.fullSpeed)} flights at full speed, until all were ${durability}`),
    row('live read', rate(plan.fullSpeed, fullSpeedReadMs)),
    note('the same, until the reader had them; it reads what is written'),
  ]
}

function latency({plan, streamed}: Facts): string[] {
  const {latenciesMs} = streamed.followed
  return [
    row('latency', percentiles(latenciesMs, [50, 90, 99, 100], milliseconds)),
    note(`append to read: ${count(plan.paced)} flights, ${count(plan.pacedPerSecond)} a second (open loop),`),
    note('from the time each was due until the reader had it'),
  ]
}

function disk({contentBytes, diskBytes, segments, openMs, reopenMs, recoveryMs}: Facts): string[] {
  return [
    row(
      'on disk',
      `${megabytes(diskBytes)} in ${segments} ${segments === 1 ? 'segment with its' : 'segments with their'} indexes`,
    ),
    note(`${megabytes(contentBytes)} of it are the flights' keys and values`),
    row('open', `new ${milliseconds(openMs)}, again ${milliseconds(reopenMs)}`),
    note(`${milliseconds(recoveryMs)} of it recovery, which had nothing to do after a clean close`),
  ]
}

function lookUps({offsetLookUpsMs, timeLookUpsMs}: Facts): string[] {
  return [
    row('look-up', `by offset ${percentiles(offsetLookUpsMs, [50, 99], microseconds)}`),
    row('', `by time   ${percentiles(timeLookUpsMs, [50, 99], microseconds)}`),
    note(`${count(offsetLookUpsMs.length)} of each, at random, in the reopened log`),
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

export function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ' ')
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
