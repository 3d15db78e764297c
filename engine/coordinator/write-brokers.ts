import {withoutData} from './elections.ts'
import {type FoundTopic, type Outcome, PRODUCER_IDS_AT_ONCE, type Results, type WriteRequest} from './requests.ts'
import type {Refusal} from './topic-names.ts'
import type {WriteContext} from './write-context.ts'

type Request<Type> = Extract<WriteRequest, {readonly type: Type}>

/** A broker is there, with what its dir holds. Where the one before it was not known to have ended, it is fenced first. */
export function registerBroker(request: Request<'registerBroker'>, context: WriteContext): Outcome {
  const {broker, incarnation, directoryId, intact} = request
  const {draft, settling, nowMs} = context
  const refusal = refuseIncarnation(broker, incarnation, context)
  if (refusal !== undefined) return refusal
  const before = draft.image.broker(broker)
  const isKnown = before?.incarnation === incarnation && before.directoryId === directoryId
  // asked a second time, by who did not hear the answer
  if (isKnown && !before.fenced) return {}
  if (before?.fenced === false) {
    draft.add({type: 'brokerFenced', broker, reason: 'was started anew'})
    settling.mark(draft.image.rowsOf(broker))
    settling.settle(nowMs)
  }
  // `intact` speaks of its start: what it has come to have since, it did not lose by being silent for a while
  const isIntact = isKnown || (intact && (before === undefined || before.directoryId === directoryId))
  draft.add({type: 'brokerRegistered', broker, incarnation, directoryId, intact: isIntact})
  for (const row of draft.image.rowsOf(broker)) {
    settling.mark([row])
    const place = draft.image.at(row)!
    const step = isIntact ? undefined : withoutData(place.topic.partitions[place.index]!, broker)
    if (step !== undefined) draft.step(place, step)
  }
  if (before === undefined) takeOver(broker, request.found ?? [], context)
  return {}
}

/** Topics that came with a dir, of a log that stood by itself or of another cluster's broker. */
function takeOver(broker: number, found: readonly FoundTopic[], {draft, settling}: WriteContext): void {
  for (const {name, topicId, partitions} of found) {
    if (draft.image.topic(topicId) !== undefined || draft.image.topicLike(name) !== undefined) continue
    const assignments = Array.from({length: partitions}, () => [broker])
    draft.add({type: 'topicCreated', name, topicId, assignments, config: {}})
    settling.mark(draft.image.rowsOf(broker))
  }
}

/** A broker is about to close: it leads nothing any more once this is committed, and holds nobody up. */
export function brokerClosing(request: Request<'brokerClosing'>, context: WriteContext): Outcome {
  const {broker, incarnation} = request
  const {draft, settling} = context
  const refusal = refuseIncarnation(broker, incarnation, context)
  if (refusal !== undefined) return refusal
  if (draft.image.broker(broker)?.closing === true) return {}
  if (draft.image.broker(broker) === undefined)
    return {error: 'BROKER_ID_NOT_REGISTERED', message: `broker ${broker} has not registered`}
  draft.add({type: 'brokerFenced', broker, reason: 'is closing', closing: true})
  settling.mark(draft.image.rowsOf(broker))
  return {}
}

function refuseIncarnation(broker: number, incarnation: number, {map}: WriteContext): Refusal | undefined {
  if (!Number.isInteger(broker) || broker < 1 || broker > map.shape.brokers)
    return {error: 'INVALID_REQUEST', message: `the cluster has brokers 1 to ${map.shape.brokers}, not ${broker}`}
  if (map.broker(broker).incarnation === incarnation) return undefined
  return {error: 'STALE_BROKER_EPOCH', message: `broker ${broker} has been started anew since`}
}

export function allocateProducerIds({draft}: WriteContext): Results['allocateProducerIds'] {
  const firstProducerId = draft.image.nextProducerId
  draft.add({type: 'producerIdsTaken', nextProducerId: firstProducerId + PRODUCER_IDS_AT_ONCE})
  return {firstProducerId, count: PRODUCER_IDS_AT_ONCE}
}
