import type {ConfigEntry, Outcome} from '../coordinator/requests.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import type {WireResponse} from '../wire/apis.ts'
import {RESOURCE} from './config-description.ts'
import type {RequestContext} from './handler.ts'
import {repeated} from './repeated.ts'
import {type Refused, toldOutcome} from './told-outcome.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

type Told = WireResponse<'IncrementalAlterConfigs'>['responses'][number]

/** How long coordinators may take for what says nothing of that. */
const TIMEOUT_MS = 60_000

/**
 * Changes configs of topics, each as `change` makes of what is asked for; those of brokers are given where the cluster is opened. What is wrong with one resource is told of that one.
 */
export function alterConfigs<Asked extends Resource>(
  {desk, now}: RequestContext,
  {resources, validateOnly}: {resources: readonly Asked[]; validateOnly: boolean},
  change: (asked: Asked, topic: TopicImage) => readonly ConfigEntry[] | Refused,
  answer: (response: {responses: Told[]}) => void,
): void {
  const keyOf = ({resourceType, resourceName}: Resource): string => `${resourceType} ${resourceName}`
  const twice = repeated(resources.map(keyOf))
  const planned = resources.map((resource): {name: string; configs: readonly ConfigEntry[]} | Refused => {
    const {resourceType, resourceName: name} = resource
    if (twice.has(keyOf(resource))) return {error: 'INVALID_REQUEST', message: `${name} is named twice`}
    if (resourceType !== RESOURCE.topic)
      return {error: 'INVALID_REQUEST', message: 'only the configs of topics change while the cluster runs'}
    const topic = desk.admin.image.topicNamed(name)
    if (topic === undefined) return {error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no topic '${name}'`}
    const configs = change(resource, topic)
    return 'error' in configs ? configs : {name, configs}
  })
  const topics = planned.flatMap(each => ('error' in each ? [] : each))
  const tell = (outcomeOf: (index: number) => Outcome | Refused): void => {
    let next = 0
    answer({
      responses: planned.map((each, i) => {
        const {resourceType, resourceName} = resources[i]!
        return {...toldOutcome('error' in each ? each : outcomeOf(next++)), resourceType, resourceName}
      }),
    })
  }
  if (topics.length === 0) {
    tell(() => ({}))
    return
  }
  desk.admin.ask({type: 'alterConfigs', topics, validateOnly}, {nowMs: now.nowMs, timeoutMs: TIMEOUT_MS}, outcome =>
    tell(index => (outcome.error === undefined ? outcome.result[index]! : outcome)),
  )
}
