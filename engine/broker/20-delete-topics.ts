import type {TopicRef} from '../coordinator/requests.ts'
import type {ErrorCode} from '../errors.ts'
import type {WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import type {Handler} from './handler.ts'
import {repeated} from './repeated.ts'

type Told = WireResponse<'DeleteTopics'>['responses'][number]

/** Named by their names or, in the newest version, by their ids as well. */
export const deleteTopics: Handler<'DeleteTopics'> = ({desk, now}, {topics, topicNames, timeoutMs}, answer) => {
  const asked = [...topicNames.map(name => ({name, topicId: NO_UUID})), ...topics]
  const twice = repeated(asked.map(({name, topicId}) => name ?? topicId))
  const refs = asked.flatMap(({name, topicId}): (TopicRef & {key: string})[] => {
    const key = name ?? topicId
    if (twice.has(key)) return []
    return [name === null ? {topicId, key} : {name, key}]
  })
  const tell = (outcomeOf: (key: string) => Partial<Told>): void =>
    answer({
      responses: asked.map(({name, topicId}) => {
        const key = name ?? topicId
        const outcome = twice.has(key) ? refused('INVALID_REQUEST', 'the topic is named twice') : outcomeOf(key)
        return {name, topicId, errorCode: 'NONE', ...outcome}
      }),
    })
  if (refs.length === 0) {
    tell(() => ({}))
    return
  }
  const request = {type: 'deleteTopics', topics: refs.map(({key: _, ...ref}) => ref)} as const
  desk.admin.ask(request, {nowMs: now.nowMs, timeoutMs}, outcome => {
    if (outcome.error !== undefined) tell(() => refused(outcome.error, outcome.message))
    else {
      const byKey = new Map(refs.map(({key}, i) => [key, outcome.result[i]!]))
      tell(key => {
        const each = byKey.get(key)!
        return each.error === undefined ? {name: each.name, topicId: each.topicId} : refused(each.error, each.message)
      })
    }
  })
}

function refused(errorCode: ErrorCode, errorMessage: string): Partial<Told> {
  return {errorCode, errorMessage}
}
