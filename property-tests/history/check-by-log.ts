import type {AnomalyKind, Operation, Value} from './operation.ts'

/** What a log promises to those who send and read, by the charter's invariants. */
export const PROMISES = [
  /** I2: an offset is one record's. */
  'one record at an offset',
  /** I5: a record has one offset. */
  'once',
  /** I1: what was acknowledged is there for who reads on. */
  'kept',
  /** What is there was not refused. */
  'refused is refused',
  /** What is there was sent by somebody. */
  'nothing made up',
  /** I2, I3: who reads gets one record after the other, and leaves none out. */
  'read in order',
  /** I5: what one sends is stored in the order in which it was sent. */
  'sent in order',
] as const

export type Promised = (typeof PROMISES)[number]

/** Which promise each kind of anomaly breaks; what Kafka allows, and what only transactions promise, breaks none. */
export const BROKEN_BY: Readonly<Record<AnomalyKind, Promised | undefined>> = {
  'inconsistent-offsets': 'one record at an offset',
  duplicate: 'once',
  'lost-write': 'kept',
  unseen: 'kept',
  G1a: 'refused is refused',
  'poll-skip': 'read in order',
  'nonmonotonic-poll': 'read in order',
  'int-poll-skip': 'read in order',
  'int-nonmonotonic-poll': 'read in order',
  'nonmonotonic-send': 'sent in order',
  'int-nonmonotonic-send': 'sent in order',
  'int-send-skip': undefined,
  'precommitted-read': undefined,
}

export interface Broken {
  readonly promise: Promised
  readonly partition: string
  /** Where it is broken first. */
  readonly what: string
}

/**
 * A second checker of histories, by another way: it writes down the one log that would explain what everybody saw of a partition, sorted by
 * offset, and then has everybody walk along it. Each promise is told of once for a partition, with the first place where it is broken. It takes
 * n log n steps, so that it has the time for histories of millions of records.
 */
export function checkByLog(history: readonly Operation[]): Broken[] {
  const partitions = new Map<string, Partition>()
  for (const [at, {process, outcome, steps, reassigned}] of history.entries()) {
    for (const step of steps) {
      const partition = partitions.get(step.partition) ?? new Partition(step.partition)
      partitions.set(step.partition, partition)
      if (step.type === 'send') partition.sent.push({at, process, outcome, value: step.value, offset: step.offset})
      else if (outcome === 'ok')
        for (const {offset, value} of step.records) partition.read.push({at, process, value, offset})
    }
    // whoever is given other partitions begins anew in all of them
    if (reassigned) for (const partition of partitions.values()) partition.restarts.push({at, process})
  }
  return [...partitions.values()].flatMap(partition => partition.check())
}

interface Sent {
  /** The number of its operation. */
  readonly at: number
  readonly process: Value
  readonly outcome: Operation['outcome']
  readonly value: Value
  readonly offset: number | undefined
}

interface Sighting {
  readonly at: number
  readonly process: Value
  readonly value: Value
  readonly offset: number
}

class Partition {
  readonly sent: Sent[] = []
  readonly read: Sighting[] = []
  readonly restarts: {readonly at: number; readonly process: Value}[] = []
  readonly #name: string
  readonly #broken = new Map<Promised, string>()

  constructor(name: string) {
    this.#name = name
  }

  check(): Broken[] {
    const told = this.sent.filter((each): each is Sent & {offset: number} => {
      return each.outcome === 'ok' && each.offset !== undefined
    })
    const sightings = [...told, ...this.read]
    this.#neighbours(sightings)
    this.#compareSentWithRead()
    const log = [...new Set(sightings.map(({offset}) => offset))].sort((one, other) => one - other)
    this.#walk('read in order', this.read, log)
    this.#walk('sent in order', told, log)
    return [...this.#broken].map(([promise, what]) => ({promise, partition: this.#name, what}))
  }

  /** Two that stand side by side, sorted by the one, must not differ in the other. */
  #neighbours(sightings: readonly Sighting[]): void {
    const byOffset = [...sightings].sort((one, other) => one.offset - other.offset)
    const byValue = [...sightings].sort((one, other) => compare(one.value, other.value))
    for (let i = 1; i < sightings.length; i++) {
      const [one, other] = [byOffset[i - 1]!, byOffset[i]!]
      if (one.offset === other.offset && one.value !== other.value)
        this.#tell('one record at an offset', `${one.offset} is ${one.value} and ${other.value}`)
      const [here, there] = [byValue[i - 1]!, byValue[i]!]
      if (here.value === there.value && here.offset !== there.offset)
        this.#tell('once', `${here.value} is at ${here.offset} and ${there.offset}`)
    }
  }

  /** Walks along all that was sent and all that was read, both sorted by value. */
  #compareSentWithRead(): void {
    const read = this.read.map(({value}) => value).sort(compare)
    const sent = [...this.sent].sort((one, other) => compare(one.value, other.value))
    let next = 0
    for (let i = 0; i < sent.length; ) {
      const {value} = sent[i]!
      const outcomes = new Set<Operation['outcome']>()
      for (; i < sent.length && sent[i]!.value === value; i++) outcomes.add(sent[i]!.outcome)
      for (; next < read.length && compare(read[next]!, value) < 0; next++) this.#madeUp(read[next]!)
      const isRead = next < read.length && read[next] === value
      while (next < read.length && read[next] === value) next++
      if (isRead && !outcomes.has('ok') && !outcomes.has('info'))
        this.#tell('refused is refused', `${value} was refused, and read`)
      if (!isRead && outcomes.has('ok')) this.#tell('kept', `${value} was acknowledged, and is read by nobody`)
    }
    for (; next < read.length; next++) this.#madeUp(read[next]!)
  }

  #madeUp(value: Value): void {
    this.#tell('nothing made up', `${value} was sent by nobody`)
  }

  /** Everybody's steps go from one place in the log to a later one; a reader's to the next. */
  #walk(promise: 'read in order' | 'sent in order', sightings: readonly Sighting[], log: readonly number[]): void {
    const isReading = promise === 'read in order'
    const places = new Map<Value, number>()
    const restarts = this.restarts.values()
    let restart = restarts.next()
    for (const {at, process, offset} of sightings) {
      for (; isReading && !restart.done && restart.value.at <= at; restart = restarts.next())
        places.delete(restart.value.process)
      const place = placeOf(log, offset)
      const before = places.get(process)
      places.set(process, place)
      if (before === undefined || (isReading ? place === before + 1 : place > before)) continue
      this.#tell(promise, `${process}: ${log[before]} -> ${offset}`)
    }
  }

  #tell(promise: Promised, what: string): void {
    if (!this.#broken.has(promise)) this.#broken.set(promise, what)
  }
}

function placeOf(log: readonly number[], offset: number): number {
  let [low, high] = [0, log.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (log[middle]! < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Numbers before texts: 1 and '1' are two values. */
function compare(one: Value, other: Value): number {
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1
  return one < other ? -1 : one > other ? 1 : 0
}
