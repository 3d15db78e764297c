import {TARGETS} from '../targets.ts'
import type {Case} from './case.ts'
import {linesOf} from './lines.ts'
import {judge, losses, type Verdict} from './losses.ts'
import {metricOf, type Result} from './measure.ts'
import {OTHERS_CORES_MAX} from './quiet.ts'
import type {Row} from './row.ts'
import {type ScaleName, scaleOf} from './scale.ts'
import {ratioText, valueText} from './text.ts'

export interface Run {
  readonly cases: readonly Case[]
  readonly rows: readonly Row[]
  readonly yardsticks: readonly Result[]
  readonly scale: ScaleName
  readonly machine: readonly (readonly [string, string])[]
  /** Cores that other programs kept busy, in the case that had the most of it. */
  readonly others: number
  readonly date: Date
}

/** BENCHMARKS.md, whole: nothing in it is written by hand, so nothing in it can be older than the numbers. */
export function benchmarksPage(run: Run): string {
  const verdicts = judge(run.rows, TARGETS)
  return `${[
    '# Benchmarks',
    introduction(run),
    '## What we lose',
    lossText(run.rows, verdicts),
    '## Targets',
    targetsTable(verdicts),
    ...run.cases.flatMap(one => caseText(one, run.rows)),
  ].join('\n\n')}\n`
}

function introduction({scale, machine, others, yardsticks, date}: Run): string {
  const {rounds} = scaleOf(scale)
  const command = scale === 'full' ? 'npm run bench -- --write' : `npm run bench -- --write --${scale}`
  const limits = yardsticks.map(({what, value, unit}) => `${what} ${valueText(value, unit)}`)
  return `Made by \`${command}\` on ${date.toISOString().slice(0, 10)}; this page is written by it, not by hand. One case: \`npm run bench -- append\`;
a short look: \`--quick\`; what there is: \`--help\`.

Every value is the median of ${rounds} rounds, interleaved over the subjects, after a round of warm-up; the spread is (greatest - least) / median.
A ratio above 1 means that \`odradek\` is better. Each subject's result is checked, every round, by count and checksum; files are new for each round
and deleted after it, and the memory for them is fetched before the clock starts. Each case runs in a process of its own. ${othersText(others)}

${table(['', ''], machine)}

The limits that results are held against, measured at the start of the same run: ${limits.join(', ')}. More of them stand
under \`limits\`.`
}

function othersText(cores: number): string {
  const text = `Other programs kept ${cores.toFixed(2)} cores busy during the case that had the most of it.`
  return cores > OTHERS_CORES_MAX
    ? `${text} **That is too many: the numbers are lower than they would be alone.**`
    : text
}

function lossText(rows: readonly Row[], verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({met}) => !met)
  const lost = losses(rows).map(row =>
    lostText(
      row,
      verdicts.find(({worst}) => worst === row),
    ),
  )
  return [
    'Not in any number below: lmdb finds a record by any key, and changes and deletes single ones. A log does none of that.',
    missed.length === 0 ? 'No target is missed.' : `Targets missed:\n\n${missed.map(missedText).join('\n')}`,
    lost.length === 0 ? 'Nothing we compare with is faster.' : `Faster than we are:\n\n${lost.join('\n')}`,
  ].join('\n\n')
}

function lostText({case: name, what, value, unit, peer, ratio}: Row, verdict: Verdict | undefined): string {
  const aim = verdict === undefined ? '' : `; the target is ${ratioText(verdict.target.least)}`
  return `- \`${name}\`, ${what}: ${peer}. We do ${valueText(value, unit)}, ${ratioText(ratio!)} its speed${aim}.`
}

function missedText({target, worst}: Verdict): string {
  const aim = `at least ${ratioText(target.least)} ${target.peers.join(' and ')}`
  const found =
    worst === undefined ? 'not measured, the peer was not there' : `${ratioText(worst.ratio!)} ${worst.peer}`
  return `- \`${target.case}\`, ${metricOf(target)}: ${aim}; reached: ${found}.`
}

function targetsTable(verdicts: readonly Verdict[]): string {
  return table(
    ['case', 'what', 'at least', 'reached', ''],
    verdicts.map(({target, worst, met}) => [
      target.case,
      metricOf(target),
      `${ratioText(target.least)} ${target.peers.join(', ')}`,
      worst === undefined ? 'not measured' : `${ratioText(worst.ratio!)} ${worst.peer}`,
      met ? 'met' : '**missed**',
    ]),
  )
}

function caseText({name, question, method}: Case, rows: readonly Row[]): string[] {
  const lines = linesOf(rows.filter(row => row.case === name))
  return [
    `## ${name}: ${question}`,
    method,
    table(
      ['', 'subject', 'median', 'spread', 'beside it'],
      lines.map(({what, subject, value, spread, beside}, i) => [
        lines[i - 1]?.what === what ? '' : what,
        subject,
        value,
        spread,
        beside.join('; '),
      ]),
    ),
  ]
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...body.map(row)].join('\n')
}
