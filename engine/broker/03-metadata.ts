import {refuseTopicName} from '../coordinator/topic-names.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import {gather} from './gather.ts'
import type {Handler, RequestContext} from './handler.ts'
import {topicOf} from './served-partition.ts'
import {
  CLUSTER_OPERATIONS,
  controllerOf,
  isInternal,
  NOT_ASKED,
  TOPIC_OPERATIONS,
  TopicDescriptions,
} from './topic-description.ts'

type Asked = NonNullable<WireRequest<'Metadata'>['topics']>[number]
type Told = WireResponse<'Metadata'>['topics'][number]

/** Brokers and where they listen; topics, and who leads their partitions. What is missing is made where the cluster makes topics by themselves. */
export const metadata: Handler<'Metadata'> = (context, asked, answer) => {
  const {desk, host, version} = context
  const {includeTopicAuthorizedOperations, includeClusterAuthorizedOperations, allowAutoTopicCreation} = asked
  const topicAuthorizedOperations = includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : NOT_ASKED
  const tell = (found: readonly (TopicImage | Told)[]): void => {
    const descriptions = new TopicDescriptions(desk)
    answer({
      throttleTimeMs: 0,
      brokers: desk.listeningBrokers().map(({nodeId, port}) => ({nodeId, host, port, rack: null})),
      clusterId: desk.admin.clusterId,
      controllerId: controllerOf(desk),
      topics: found.map(each =>
        'errorCode' in each ? each : {...describe(each, descriptions), topicAuthorizedOperations},
      ),
      clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
    })
  }
  // the first version has no null: there an empty list stands for all
  if (asked.topics === null || (version === 0 && asked.topics.length === 0)) tell(desk.admin.image.topics)
  else gather(asked.topics, (topic, told) => find(context, topic, allowAutoTopicCreation, told), tell)
}

function find(
  {desk, now}: RequestContext,
  {name, topicId}: Asked,
  mayMake: boolean,
  told: (found: TopicImage | Told) => void,
): void {
  const topic = topicOf(desk.admin.image, {name: name ?? '', topicId})
  if (typeof topic !== 'string') told(topic)
  else if (topicId !== NO_UUID || name === null) told(missing(null, topicId, topic))
  else {
    const refusal = refuseTopicName(name)
    if (refusal !== undefined) told(missing(name, topicId, refusal.error))
    else if (!mayMake || !desk.admin.autoCreateTopics) told(missing(name, topicId, 'UNKNOWN_TOPIC_OR_PARTITION'))
    else
      desk.admin.makeTopic(name, now.nowMs, error => {
        const made = desk.admin.image.topicNamed(name)
        told(made ?? missing(name, topicId, error ?? 'LEADER_NOT_AVAILABLE'))
      })
  }
}

function describe(topic: TopicImage, descriptions: TopicDescriptions): Told {
  return {
    errorCode: 'NONE',
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternal(topic),
    partitions: topic.partitions.map((partition, index) => descriptions.partition(partition, index)),
  }
}

function missing(name: string | null, topicId: string, errorCode: ErrorCode): Told {
  return {errorCode, name, topicId, isInternal: false, partitions: []}
}
