import type {Outcome} from '../coordinator/requests.ts'
import type {Handler} from './handler.ts'
import {repeated} from './repeated.ts'
import {type Refused, toldOutcome} from './told-outcome.ts'

export const createPartitions: Handler<'CreatePartitions'> = ({desk, now}, asked, answer) => {
  const {topics, timeoutMs, validateOnly} = asked
  const twice = repeated(topics.map(({name}) => name))
  const single = topics.filter(({name}) => !twice.has(name))
  const tell = (outcomeOf: (index: number) => Outcome | Refused): void => {
    let next = 0
    answer({
      results: topics.map(({name}) => {
        if (twice.has(name)) return {name, errorCode: 'INVALID_REQUEST', errorMessage: 'the topic is named twice'}
        return {name, ...toldOutcome(outcomeOf(next++))}
      }),
    })
  }
  if (single.length === 0) {
    tell(() => ({}))
    return
  }
  const request = {
    type: 'createPartitions',
    validateOnly,
    topics: single.map(({name, count, assignments}) =>
      assignments === null ? {name, count} : {name, count, assignments: assignments.map(({brokerIds}) => brokerIds)},
    ),
  } as const
  desk.admin.ask(request, {nowMs: now.nowMs, timeoutMs}, outcome =>
    tell(index => (outcome.error === undefined ? outcome.result[index]! : outcome)),
  )
}
