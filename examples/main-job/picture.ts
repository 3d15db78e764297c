import type {ClusterMetrics} from 'odradek'
import {paint} from './paint.ts'

export interface Line {
  readonly atMs: number
  readonly text: string
}

type Thread = Pick<ClusterMetrics['coordinators'][number], 'state'>
type Partition = ClusterMetrics['partitions'][number]
type Replica = Pick<Partition['replicas'][number], 'broker' | 'lag'>

/** What of a cluster is shown. */
export interface ClusterState {
  readonly coordinator: number
  readonly coordinators: readonly Thread[]
  readonly brokers: readonly Thread[]
  readonly partitions: readonly (Pick<Partition, 'partition' | 'leader' | 'leaderEpoch' | 'isr' | 'highWatermark'> & {
    readonly replicas: readonly Replica[]
  })[]
}

/** What there is to see of a running job. */
export interface View {
  readonly title: string
  readonly step: string
  readonly sinceStartMs: number
  readonly acked: number
  /** Undefined while no cluster is open. */
  readonly metrics: ClusterState | undefined
  /** How far the live reader has read a partition. */
  readonly read: (partition: number) => number
  readonly lines: readonly Line[]
}

/** Lines of what happened last: as many as there is room for, within reason. */
const RECENT_MAX = 16

/** As a screen of so many rows shows it: who is up, who leads what, how far everybody is, what happened last. */
export function pictureOf({title, step, sinceStartMs, acked, metrics, read, lines}: View, rows: number): string[] {
  const state = [
    `${paint.bold(title.padEnd(60))}${seconds(sinceStartMs)}`,
    `${step.padEnd(60)}${count(acked)} acked`,
    '',
    ...(metrics === undefined ? [] : [...threads(metrics), '', ...partitions(metrics, read), '']),
  ]
  const room = Math.min(RECENT_MAX, Math.max(0, rows - state.length))
  return [...state, ...lines.slice(lines.length - Math.min(lines.length, room)).map(plainLine)]
}

/** One line, for where nothing can be drawn. */
export function statusOf({acked, metrics, read}: View): string {
  const {partitions: rows = []} = metrics ?? {}
  const leaders = rows.map(({leader}) => (leader > 0 ? leader : '-')).join(' ')
  const behind = rows.reduce((sum, {partition, highWatermark}) => sum + Math.max(0, highWatermark - read(partition)), 0)
  return `${count(acked)} acked, partitions led by ${leaders}, live reader ${count(behind)} behind`
}

export function plainLine({atMs, text}: Line): string {
  return `${seconds(atMs)}  ${text}`
}

function threads({brokers, coordinators, coordinator, partitions: rows}: ClusterState): string[] {
  const ledBy = (broker: number) => rows.filter(({leader}) => leader === broker).map(({partition}) => partition)
  const broker = ({state}: Thread, i: number) =>
    state === 'running'
      ? cell(`${i + 1} up, leads ${ledBy(i + 1).join(' ') || '-'}`, paint.green)
      : cell(`${i + 1} DOWN`, paint.red)
  const ruler = ({state}: Thread, i: number) =>
    state === 'running'
      ? cell(i + 1 === coordinator ? `${i + 1} up, writes` : `${i + 1} up`, paint.green)
      : cell(`${i + 1} DOWN`, paint.red)
  return [
    `${'brokers'.padEnd(NAME)}${brokers.map(broker).join('')}`,
    `${'coordinators'.padEnd(NAME)}${coordinators.map(ruler).join('')}`,
  ]
}

function partitions({partitions: rows, brokers}: ClusterState, read: (partition: number) => number): string[] {
  const head = [
    'partition',
    'leader',
    'epoch',
    'in sync',
    'watermark',
    'reader',
    ...brokers.map((_, i) => `broker ${i + 1}`),
  ]
  const table = rows.map(({partition, leader, leaderEpoch, isr, highWatermark, replicas}) => [
    String(partition),
    leader > 0 ? String(leader) : 'none',
    String(leaderEpoch),
    isr.toSorted().join(' '),
    count(highWatermark),
    behind(highWatermark - read(partition)),
    ...brokers.map((_, i) => {
      const replica = replicas.find(each => each.broker === i + 1)
      return replica === undefined ? '' : i + 1 === leader ? 'leads' : behind(replica.lag)
    }),
  ])
  return [paint.dim(row(head)), ...table.map(row)]
}

const NAME = 14
const WIDTHS = [9, 7, 6, 8, 10, 9, 10, 10, 10]

function row(cells: readonly string[]): string {
  return cells.map((text, i) => text.padStart(WIDTHS[i] ?? 10)).join('')
}

function cell(text: string, colour: (text: string) => string): string {
  return colour(text.padEnd(20))
}

function behind(records: number): string {
  return records > 0 ? `-${count(records)}` : '0'
}

export function count(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ' ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(6)} s`
}
