import type {PartitionReassignment} from '../coordinator/requests.ts'
import type {WireResponse} from '../wire/apis.ts'
import type {Handler} from './handler.ts'

type Topic = WireResponse<'ListPartitionReassignments'>['topics'][number]

export const listPartitionReassignments: Handler<'ListPartitionReassignments'> = ({desk, now}, asked, answer) => {
  const {topics, timeoutMs} = asked
  const partitions = topics?.flatMap(({name, partitionIndexes}) =>
    partitionIndexes.map(partition => ({topic: name, partition})),
  )
  const request = {type: 'listPartitionReassignments', ...(partitions === undefined ? {} : {partitions})} as const
  desk.admin.ask(request, {nowMs: now.nowMs, timeoutMs}, outcome => {
    if (outcome.error === undefined) answer({errorCode: 'NONE', errorMessage: null, topics: byTopic(outcome.result)})
    else answer({errorCode: outcome.error, errorMessage: outcome.message, topics: []})
  })
}

function byTopic(all: readonly PartitionReassignment[]): Topic[] {
  const topics = new Map<string, Topic['partitions'][number][]>()
  for (const {topic, partition, replicas, adding, removing} of all) {
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({partitionIndex: partition, replicas, addingReplicas: adding, removingReplicas: removing})
  }
  return [...topics].map(([name, partitions]) => ({name, partitions}))
}
