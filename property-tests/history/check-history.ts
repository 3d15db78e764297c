import {
  ANOMALIES,
  type Anomaly,
  type AnomalyKind,
  type Operation,
  type PollStep,
  type SendStep,
  type Value,
} from './operation.ts'

export interface HistoryReport {
  /** Whether nothing was found but what is allowed. */
  readonly ok: boolean
  /** All that was found, also what is allowed. */
  readonly anomalies: readonly Anomaly[]
  /** How many of each kind. */
  readonly counts: Readonly<Record<AnomalyKind, number>>
  readonly sent: number
  readonly acked: number
  readonly polled: number
}

/** Kafka keeps no transaction's records together. */
const KAFKA_ALLOWS: readonly AnomalyKind[] = ['int-send-skip']

/**
 * Looks for the anomalies of Jepsen's Kafka checker in a history:
 *
 * - `inconsistent-offsets`: one offset was seen with several values; `duplicate`: one value at several offsets.
 * - `G1a`: a value was polled whose send failed; `precommitted-read`: a transaction polled what it sent itself.
 * - `lost-write`: acknowledged, and never polled though somebody polled beyond it; `unseen`: acknowledged, never polled, and nobody
 *   came so far. Polls to the end before the last look.
 * - `poll-skip`, `nonmonotonic-poll`: a process' next poll leaves out offsets that exist, or goes back. `nonmonotonic-send`: its next
 *   send is stored before the last one. `int-…`: the same within one operation.
 *
 * `allow` names kinds that do not make the report red.
 */
export function checkHistory(
  history: Iterable<Operation>,
  options: {allow?: readonly AnomalyKind[]} = {},
): HistoryReport {
  const {allow = KAFKA_ALLOWS} = options
  const operations = [...history]
  const partitions = new Map<string, Seen>()
  const seenOf = (partition: string): Seen => {
    const seen = partitions.get(partition) ?? new Seen()
    partitions.set(partition, seen)
    return seen
  }
  for (const operation of operations) for (const step of operation.steps) seenOf(step.partition).take(operation, step)

  const anomalies: Anomaly[] = []
  for (const [partition, seen] of partitions) {
    const found = (kind: AnomalyKind, what: string): void => void anomalies.push({kind, partition, what})
    seen.judge(found)
  }
  judgeOrder(operations, partitions, anomalies)
  const counts = Object.fromEntries(ANOMALIES.map(kind => [kind, 0])) as Record<AnomalyKind, number>
  for (const {kind} of anomalies) counts[kind]++
  const all = [...partitions.values()]
  const sum = (count: (seen: Seen) => number): number => all.reduce((total, seen) => total + count(seen), 0)
  return {
    ok: anomalies.every(({kind}) => allow.includes(kind)),
    anomalies,
    counts,
    sent: sum(seen => seen.sent.size),
    acked: sum(seen => seen.acked.size),
    polled: sum(seen => seen.polled.size),
  }
}

/** All that anybody saw of one partition. */
class Seen {
  readonly sent = new Map<Value, boolean>()
  /** Values that were acknowledged; with an offset where the sender was told one. */
  readonly acked = new Map<Value, number | undefined>()
  readonly polled = new Set<Value>()
  readonly #valuesAt = new Map<number, Set<Value>>()
  readonly #offsetsOf = new Map<Value, Set<number>>()
  #lastPolled = Number.NEGATIVE_INFINITY
  #order: ReadonlyMap<number, number> | undefined

  take({outcome}: Operation, step: SendStep | PollStep): void {
    if (step.type === 'send') {
      const {value, offset} = step
      // failed only where no try of it may have come through
      this.sent.set(value, (this.sent.get(value) ?? true) && outcome === 'fail')
      if (outcome === 'ok') this.acked.set(value, offset ?? this.acked.get(value))
      if (outcome === 'ok' && offset !== undefined) this.#see(offset, value)
      return
    }
    if (outcome !== 'ok') return
    for (const {offset, value} of step.records) {
      this.polled.add(value)
      this.#lastPolled = Math.max(this.#lastPolled, offset)
      this.#see(offset, value)
    }
  }

  /** Places of the offsets that exist, in their order: what lies between two of them was left out. */
  get order(): ReadonlyMap<number, number> {
    this.#order ??= new Map([...this.#valuesAt.keys()].sort((a, b) => a - b).map((offset, place) => [offset, place]))
    return this.#order
  }

  judge(found: (kind: AnomalyKind, what: string) => void): void {
    for (const [offset, values] of this.#valuesAt)
      if (values.size > 1) found('inconsistent-offsets', `${offset}: ${[...values].map(String).sort().join(', ')}`)
    for (const [value, offsets] of this.#offsetsOf)
      if (offsets.size > 1) found('duplicate', `${value}: ${[...offsets].sort((a, b) => a - b).join(', ')}`)
    for (const [value, failed] of this.sent) if (failed && this.polled.has(value)) found('G1a', String(value))
    for (const [value, offset] of this.acked) {
      if (this.polled.has(value)) continue
      found(offset !== undefined && offset < this.#lastPolled ? 'lost-write' : 'unseen', String(value))
    }
  }

  #see(offset: number, value: Value): void {
    entry(this.#valuesAt, offset).add(value)
    entry(this.#offsetsOf, value).add(offset)
  }
}

function entry<Key, Item>(map: Map<Key, Set<Item>>, key: Key): Set<Item> {
  const known = map.get(key) ?? new Set<Item>()
  map.set(key, known)
  return known
}

/** Where a process is in a partition: the last offset, and the operation it belongs to. */
interface Position {
  readonly offset: number
  readonly operation: Operation
}

function judgeOrder(
  operations: readonly Operation[],
  partitions: ReadonlyMap<string, Seen>,
  anomalies: Anomaly[],
): void {
  const polls = new Map<Value, Map<string, Position>>()
  const sends = new Map<Value, Map<string, Position>>()
  const positions = (all: typeof polls, process: Value): Map<string, Position> => {
    const own = all.get(process) ?? new Map<string, Position>()
    all.set(process, own)
    return own
  }
  for (const operation of operations) {
    const {process, outcome, steps, reassigned} = operation
    if (reassigned) polls.delete(process)
    if (outcome !== 'ok') continue
    const own = {poll: positions(polls, process), send: positions(sends, process)}
    const sentHere = new Map<string, Set<Value>>()
    for (const step of steps) if (step.type === 'send') entry(sentHere, step.partition).add(step.value)
    const go = (type: 'poll' | 'send', partition: string, offset: number): void => {
      const before = own[type].get(partition)
      own[type].set(partition, {offset, operation})
      if (before === undefined) return
      const {order} = partitions.get(partition)!
      const distance = order.get(offset)! - order.get(before.offset)!
      const within = before.operation === operation
      const what = `${before.offset} -> ${offset}`
      if (distance <= 0) anomalies.push({kind: `${within ? 'int-' : ''}nonmonotonic-${type}`, partition, process, what})
      else if (distance > 1 && type === 'poll')
        anomalies.push({kind: within ? 'int-poll-skip' : 'poll-skip', partition, process, what})
      else if (distance > 1 && within) anomalies.push({kind: 'int-send-skip', partition, process, what})
    }
    for (const step of steps) {
      const {partition} = step
      if (step.type === 'send') {
        if (step.offset !== undefined) go('send', partition, step.offset)
        continue
      }
      for (const {offset, value} of step.records) {
        go('poll', partition, offset)
        if (sentHere.get(partition)?.has(value))
          anomalies.push({kind: 'precommitted-read', partition, process, what: String(value)})
      }
    }
  }
}
