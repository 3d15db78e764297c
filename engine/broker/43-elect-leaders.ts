import type {Results} from '../coordinator/requests.ts'
import type {WireResponse} from '../wire/apis.ts'
import type {Handler} from './handler.ts'

type Told = WireResponse<'ElectLeaders'>['replicaElectionResults'][number]

/** Kafka's numbers for the kinds of elections. */
const ELECTION = ['preferred', 'unclean'] as const

export const electLeaders: Handler<'ElectLeaders'> = ({desk, now}, asked, answer) => {
  const {electionType, topicPartitions, timeoutMs} = asked
  const election = ELECTION[electionType]
  if (election === undefined) {
    answer({errorCode: 'INVALID_REQUEST', replicaElectionResults: []})
    return
  }
  const partitions = topicPartitions?.flatMap(each =>
    each.partitions.map(partition => ({topic: each.topic, partition})),
  )
  const request = {type: 'electLeaders', election, ...(partitions === undefined ? {} : {partitions})} as const
  desk.admin.ask(request, {nowMs: now.nowMs, timeoutMs}, outcome => {
    if (outcome.error === undefined) answer({errorCode: 'NONE', replicaElectionResults: byTopic(outcome.result)})
    else answer({errorCode: outcome.error, replicaElectionResults: []})
  })
}

function byTopic(outcomes: Results['electLeaders']): Told[] {
  const topics = new Map<string, Told['partitionResult'][number][]>()
  for (const {topic, partition: partitionId, ...outcome} of outcomes) {
    const results = topics.get(topic) ?? []
    topics.set(topic, results)
    if (outcome.error === undefined) results.push({partitionId, errorCode: 'NONE', errorMessage: null})
    else results.push({partitionId, errorCode: outcome.error, errorMessage: outcome.message})
  }
  return [...topics].map(([topic, partitionResult]) => ({topic, partitionResult}))
}
