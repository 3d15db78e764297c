/**
 * The same anomalies once more, each as its definition reads, over all pairs: slow, and written without a look at the other checker.
 * Where the two differ, one of them is wrong.
 */
import type {Anomaly, AnomalyKind, Operation, Value} from './operation.ts'

interface Event {
  readonly operation: number
  readonly process: Value
  readonly type: 'send' | 'poll'
  readonly outcome: Operation['outcome']
  readonly partition: string
  readonly value: Value
  readonly offset: number | undefined
}

export function plainCheck(history: readonly Operation[]): Anomaly[] {
  const events: Event[] = []
  for (const [operation, {process, outcome, steps}] of history.entries()) {
    for (const step of steps) {
      const {type, partition} = step
      const records = step.type === 'send' ? [{value: step.value, offset: step.offset}] : step.records
      for (const {value, offset} of records) events.push({operation, process, type, outcome, partition, value, offset})
    }
  }
  const found: Anomaly[] = []
  const add = (kind: AnomalyKind, partition: string, what: string, process?: Value): void => {
    // what is wrong with a partition is met in many pairs, and is one anomaly
    const isKnown = found.some(other => other.kind === kind && other.partition === partition && other.what === what)
    if (process !== undefined || !isKnown) found.push({kind, partition, process, what})
  }
  const happened = events.filter(event => event.outcome === 'ok')
  const placed = happened.filter(event => event.offset !== undefined) as (Event & {offset: number})[]

  for (const a of placed) {
    const near = placed.filter(b => b.partition === a.partition)
    const values = new Set(near.filter(b => b.offset === a.offset).map(b => b.value))
    if (values.size > 1)
      add('inconsistent-offsets', a.partition, `${a.offset}: ${[...values].map(String).sort().join(', ')}`)
    const offsets = new Set(near.filter(b => b.value === a.value).map(b => b.offset))
    if (offsets.size > 1) add('duplicate', a.partition, `${a.value}: ${[...offsets].sort((x, y) => x - y).join(', ')}`)
  }
  for (const sent of events.filter(event => event.type === 'send')) {
    const {partition, value} = sent
    const tries = events.filter(e => e.type === 'send' && e.partition === partition && e.value === value)
    const polls = placed.filter(e => e.type === 'poll' && e.partition === partition)
    const isPolled = polls.some(e => e.value === value)
    if (isPolled && tries.every(e => e.outcome === 'fail')) add('G1a', partition, String(value))
    const acks = tries.filter(e => e.outcome === 'ok')
    if (acks.length === 0 || isPolled) continue
    const at = acks.findLast(e => e.offset !== undefined)?.offset
    const isPassed = at !== undefined && polls.some(e => e.offset > at)
    add(isPassed ? 'lost-write' : 'unseen', partition, String(value))
  }
  for (const [i, later] of placed.entries()) {
    const {type, process, partition} = later
    const same = (e: Event): boolean => e.type === type && e.process === process && e.partition === partition
    if (
      type === 'poll' &&
      happened.some(
        e =>
          e.type === 'send' && e.operation === later.operation && e.partition === partition && e.value === later.value,
      )
    )
      add('precommitted-read', partition, String(later.value), process)
    const earlier = placed.slice(0, i).findLast(same)
    if (earlier === undefined) continue
    const between = history.slice(earlier.operation + 1, later.operation + 1)
    if (type === 'poll' && between.some(operation => operation.process === process && operation.reassigned)) continue
    const within = earlier.operation === later.operation
    const what = `${earlier.offset} -> ${later.offset}`
    const skipped = placed.some(e => e.partition === partition && e.offset > earlier.offset && e.offset < later.offset)
    if (later.offset <= earlier.offset)
      add(within ? `int-nonmonotonic-${type}` : `nonmonotonic-${type}`, partition, what, process)
    else if (skipped && within) add(`int-${type}-skip`, partition, what, process)
    else if (skipped && type === 'poll') add('poll-skip', partition, what, process)
  }
  return found
}
