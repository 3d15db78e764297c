import type {NewTopic, Results} from '../coordinator/requests.ts'
import {describeTopicConfigs} from '../coordinator/topic-configs.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import type {AdminDesk} from './admin-desk.ts'
import {CONFIG_SOURCE} from './config-description.ts'
import type {Handler} from './handler.ts'
import {repeated} from './repeated.ts'
import type {Refused} from './told-outcome.ts'

type Asked = WireRequest<'CreateTopics'>['topics'][number]
type CreatedTopics = Results['createTopics']
type Told = WireResponse<'CreateTopics'>['topics'][number]

export const createTopics: Handler<'CreateTopics'> = ({desk, now}, asked, answer) => {
  const {timeoutMs, validateOnly} = asked
  const twice = repeated(asked.topics.map(({name}) => name))
  const planned = asked.topics.map(topic =>
    twice.has(topic.name)
      ? {error: 'INVALID_REQUEST' as const, message: 'the topic is asked for twice'}
      : newTopic(topic, desk.admin),
  )
  const topics = planned.flatMap(each => ('error' in each ? [] : each))
  const tell = (outcomes: CreatedTopics | Refused): void => {
    let next = 0
    answer({
      topics: planned.map((each, i) => {
        const outcome = 'error' in each ? each : 'error' in outcomes ? outcomes : outcomes[next++]!
        return told(asked.topics[i]!, outcome, {admin: desk.admin, validateOnly})
      }),
    })
  }
  if (topics.length === 0) tell([])
  else
    desk.admin.ask({type: 'createTopics', topics, validateOnly}, {nowMs: now.nowMs, timeoutMs}, outcome =>
      tell(outcome.error === undefined ? outcome.result : outcome),
    )
}

/** What a client asks for as coordinators take it, or why it makes no sense. */
function newTopic(topic: Asked, admin: AdminDesk): NewTopic | Refused {
  const {name, numPartitions, replicationFactor, assignments, configs} = topic
  const nothing = configs.find(({value}) => value === null)
  if (nothing !== undefined) return {error: 'INVALID_CONFIG', message: `${nothing.name} has no value`}
  const asked = {name, topicId: admin.newTopicId(), numPartitions, replicationFactor}
  const config = Object.fromEntries(configs.map(each => [each.name, each.value!]))
  if (assignments.length === 0) return {...asked, configs: config}
  const placed = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
  if (placed.some(({partitionIndex}, i) => partitionIndex !== i))
    return {error: 'INVALID_REPLICA_ASSIGNMENT', message: 'partitions are assigned from 0 on, each once'}
  return {...asked, assignments: placed.map(({brokerIds}) => brokerIds), configs: config}
}

function told(
  {name, configs: set}: Asked,
  outcome: CreatedTopics[number] | Refused,
  {admin, validateOnly}: {admin: AdminDesk; validateOnly: boolean},
): Told {
  if (outcome.error !== undefined)
    return {name, errorCode: outcome.error, errorMessage: outcome.message, topicConfigErrorCode: 'NONE', configs: null}
  const {topicId, assignments} = outcome
  const config = Object.fromEntries(set.map(each => [each.name, each.value!]))
  return {
    name,
    topicId: validateOnly ? NO_UUID : topicId,
    errorCode: 'NONE',
    errorMessage: null,
    numPartitions: assignments.length,
    replicationFactor: assignments[0]?.length ?? -1,
    configs: describeTopicConfigs(config, admin.topicDefaults).map(({name: each, value, source}) => ({
      ...{name: each, value, readOnly: false, isSensitive: false},
      configSource: CONFIG_SOURCE[source],
    })),
  }
}
