import type {Promised} from './check-by-log.ts'
import type {Operation, PollStep, SendStep, Value} from './operation.ts'

/** Draws a whole number below `count`. */
export type Dice = (count: number) => number

/** A violation that can be planted into a history without one. */
export interface Plant {
  readonly breaks: Promised
  /** Undefined where the history has no place for it. */
  readonly into: (history: readonly Operation[], dice: Dice) => Operation[] | undefined
}

interface Place<Step> {
  readonly at: number
  readonly step: Step
  readonly stepAt: number
}

/** One way for each promise to be broken, in a history of whatever length. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  'an acknowledged record is gone': {
    breaks: 'kept',
    into(history, dice) {
      const sent = pick(acknowledged(history), dice)
      if (sent === undefined) return undefined
      const {partition, value} = sent.step
      return edited(history, step =>
        step.partition === partition ? without(step, each => each.value === value) : step,
      )
    },
  },
  'a record is stored once more': {
    breaks: 'once',
    into(history, dice) {
      const poll = pick(polls(history, 1), dice)
      if (poll === undefined) return undefined
      const {partition, records} = poll.step
      const all = polls(history, 1).filter(({step}) => step.partition === partition)
      const end = all.flatMap(({step}) => step.records).reduce((most, {offset}) => Math.max(most, offset), -1)
      const again = {offset: end + 1, value: records[dice(records.length)]!.value}
      return [...history, {process: 'latecomer', outcome: 'ok', steps: [{type: 'poll', partition, records: [again]}]}]
    },
  },
  'a reader is given another record': {
    breaks: 'one record at an offset',
    into(history, dice) {
      const poll = pick(polls(history, 2), dice)
      if (poll === undefined) return undefined
      const {partition, records} = poll.step
      const [one, other] = [records[0]!, records.at(-1)!]
      const wrong: PollStep = {type: 'poll', partition, records: [{offset: one.offset, value: other.value}]}
      return [...history, {process: 'latecomer', outcome: 'ok', steps: [wrong]}]
    },
  },
  'what was refused is there': {
    breaks: 'refused is refused',
    into(history, dice) {
      const read = new Set(
        polls(history, 1).flatMap(({step}) => step.records.map(({value}) => `${step.partition} ${value}`)),
      )
      const sent = pick(
        acknowledged(history).filter(({step}) => read.has(`${step.partition} ${step.value}`)),
        dice,
      )
      if (sent === undefined) return undefined
      return history.map((operation, at) => (at === sent.at ? {...operation, outcome: 'fail' as const} : operation))
    },
  },
  'what nobody sent is there': {
    breaks: 'nothing made up',
    into(history, dice) {
      const poll = pick(polls(history, 1), dice)
      if (poll === undefined) return undefined
      const {partition, records} = poll.step
      const value: Value = 'nobody sent this'
      const made: PollStep = {type: 'poll', partition, records: [{offset: records[0]!.offset, value}]}
      return [...history, {process: 'latecomer', outcome: 'ok', steps: [made]}]
    },
  },
  'a reader leaves records out': {
    breaks: 'read in order',
    into(history, dice) {
      const poll = pick(polls(history, 3), dice)
      if (poll === undefined) return undefined
      const {partition, records} = poll.step
      // somebody else has seen what this one leaves out
      const all: Operation = {process: 'witness', outcome: 'ok', steps: [poll.step]}
      const skipping: Operation = {
        process: 'latecomer',
        outcome: 'ok',
        steps: [{type: 'poll', partition, records: [records[0]!, ...records.slice(2)]}],
      }
      return [...history, all, skipping]
    },
  },
  'a reader goes back': {
    breaks: 'read in order',
    into(history, dice) {
      const poll = pick(polls(history, 1), dice)
      if (poll === undefined) return undefined
      const {process} = history[poll.at]!
      const again: Operation = {process, outcome: 'ok', steps: [poll.step]}
      return [...history.slice(0, poll.at + 1), again, ...history.slice(poll.at + 1)]
    },
  },
  'two sends change places': {
    breaks: 'sent in order',
    into(history, dice) {
      const sends = acknowledged(history)
      const one = pick(sends, dice)
      if (one === undefined) return undefined
      const {process} = history[one.at]!
      const later = sends.filter(
        ({at, step}) => at > one.at && history[at]!.process === process && step.partition === one.step.partition,
      )
      const other = pick(later, dice)
      if (other === undefined) return undefined
      const change = new Map([
        [one, other.step.offset],
        [other, one.step.offset],
      ])
      return history.map((operation, at) => {
        const steps = operation.steps.map((step, stepAt) => {
          const place = [one, other].find(each => each.at === at && each.stepAt === stepAt)
          return place === undefined ? step : {...place.step, offset: change.get(place)}
        })
        return {...operation, steps}
      })
    },
  },
}

/** What was acknowledged with an offset. */
function acknowledged(history: readonly Operation[]): Place<SendStep>[] {
  return history.flatMap(({outcome, steps}, at) =>
    steps.flatMap((step, stepAt) =>
      outcome === 'ok' && step.type === 'send' && step.offset !== undefined ? [{at, step, stepAt}] : [],
    ),
  )
}

function polls(history: readonly Operation[], least: number): Place<PollStep>[] {
  return history.flatMap(({outcome, steps}, at) =>
    steps.flatMap((step, stepAt) =>
      outcome === 'ok' && step.type === 'poll' && step.records.length >= least ? [{at, step, stepAt}] : [],
    ),
  )
}

function edited(history: readonly Operation[], edit: (step: SendStep | PollStep) => SendStep | PollStep): Operation[] {
  return history.map(operation => ({...operation, steps: operation.steps.map(edit)}))
}

function without(
  step: SendStep | PollStep,
  isGone: (record: {readonly offset: number; readonly value: Value}) => boolean,
): SendStep | PollStep {
  return step.type === 'send' ? step : {...step, records: step.records.filter(record => !isGone(record))}
}

function pick<T>(choices: readonly T[], dice: Dice): T | undefined {
  return choices[dice(choices.length)]
}
