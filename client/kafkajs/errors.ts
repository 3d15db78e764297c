/**
 * KafkaJS' error classes: the same names, fields and `retriable`, so that a program's `catch` goes on working. Where an error of ours is behind one, it
 * is the `cause`.
 */

interface Cause {
  readonly cause?: unknown
}

export class KafkaJSError extends Error {
  override name = 'KafkaJSError'
  readonly retriable: boolean
  readonly helpUrl?: string
  override readonly cause?: Error

  constructor(e: Error | string, {retriable = true, cause}: {retriable?: boolean} & Cause = {}) {
    super(typeof e === 'string' ? e : e.message)
    this.retriable = retriable
    const {helpUrl} = e as {helpUrl?: string}
    if (helpUrl !== undefined) this.helpUrl = helpUrl
    if (cause !== undefined) this.cause = cause as Error
  }
}

export class KafkaJSNonRetriableError extends KafkaJSError {
  override name = 'KafkaJSNonRetriableError'
  constructor(e: Error | string, {cause}: Cause = {}) {
    super(e, {retriable: false, cause})
  }
}

/** What Kafka's protocol says of itself. */
export interface ProtocolFailure {
  readonly message: string
  readonly type?: string
  readonly code?: number
  readonly retriable?: boolean
}

/** A failure with Kafka's own number (`code`) and KafkaJS' name of it (`type`). */
export class KafkaJSProtocolError extends KafkaJSError {
  override name = 'KafkaJSProtocolError'
  readonly type: string
  readonly code: number
  constructor(e: ProtocolFailure | Error | string, {retriable, cause}: {retriable?: boolean} & Cause = {}) {
    const {type, code, retriable: own} = e as ProtocolFailure
    super(typeof e === 'string' ? e : (e as Error), {retriable: retriable ?? own ?? true, cause})
    this.type = type as string
    this.code = code as number
  }
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  override name = 'KafkaJSOffsetOutOfRange'
  readonly topic: string
  readonly partition: number
  constructor(e: ProtocolFailure | Error | string, {topic, partition}: {topic: string; partition: number}) {
    super(e)
    this.topic = topic
    this.partition = partition
  }
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  override name = 'KafkaJSMemberIdRequired'
  readonly memberId: string
  constructor(e: ProtocolFailure | Error | string, {memberId}: {memberId: string}) {
    super(e)
    this.memberId = memberId
  }
}

export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  override name = 'KafkaJSNumberOfRetriesExceeded'
  readonly retryCount: number
  readonly retryTime: number
  constructor(e: Error | string, {retryCount, retryTime}: {retryCount: number; retryTime: number}) {
    super(e, {cause: e})
    this.stack = `KafkaJSNumberOfRetriesExceeded\n  Caused by: ${(e as Error).stack ?? e}`
    this.retryCount = retryCount
    this.retryTime = retryTime
  }
}

export class KafkaJSConnectionError extends KafkaJSError {
  override name = 'KafkaJSConnectionError'
  readonly broker: string
  readonly code: string
  constructor(e: Error | string, {broker, code, cause}: {broker?: string; code?: string} & Cause = {}) {
    super(e, {cause})
    this.broker = broker as string
    this.code = code as string
  }
}

export class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  override name = 'KafkaJSConnectionClosedError'
  readonly host: string
  readonly port: number
  constructor(e: Error | string, {host, port, cause}: {host?: string; port?: number} & Cause = {}) {
    super(e, {broker: `${host}:${port}`, cause})
    this.host = host as string
    this.port = port as number
  }
}

interface Timings {
  readonly broker: string
  readonly correlationId: number
  readonly createdAt: number
  readonly sentAt: number
  readonly pendingDuration: number
}

export class KafkaJSRequestTimeoutError extends KafkaJSError {
  override name = 'KafkaJSRequestTimeoutError'
  readonly broker: string
  readonly correlationId: number
  readonly createdAt: number
  readonly sentAt: number
  readonly pendingDuration: number
  constructor(e: Error | string, timings: Partial<Timings> = {}) {
    super(e)
    const {broker, correlationId, createdAt, sentAt, pendingDuration} = timings as Timings
    this.broker = broker
    this.correlationId = correlationId
    this.createdAt = createdAt
    this.sentAt = sentAt
    this.pendingDuration = pendingDuration
  }
}

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  override name = 'KafkaJSMetadataNotLoaded'
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  override name = 'KafkaJSTopicMetadataNotLoaded'
  readonly topic: string
  constructor(e: Error | string, {topic}: {topic?: string} = {}) {
    super(e)
    this.topic = topic as string
  }
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  override name = 'KafkaJSStaleTopicMetadataAssignment'
  readonly topic: string
  readonly unknownPartitions: number
  constructor(e: Error | string, {topic, unknownPartitions}: {topic?: string; unknownPartitions?: unknown} = {}) {
    super(e)
    this.topic = topic as string
    this.unknownPartitions = unknownPartitions as number
  }
}

/** How it went with one group that was to be deleted. */
export interface DeleteGroupsResult {
  groupId: string
  errorCode?: number
  error?: KafkaJSProtocolError
}

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  override name = 'KafkaJSDeleteGroupsError'
  readonly groups: DeleteGroupsResult[]
  constructor(e: Error | string, groups: DeleteGroupsResult[] = []) {
    super(e)
    this.groups = groups
  }
}

export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  override name = 'KafkaJSServerDoesNotSupportApiKey'
  readonly apiKey: number
  readonly apiName: string
  constructor(e: Error | string, {apiKey, apiName}: {apiKey?: number; apiName?: string} = {}) {
    super(e)
    this.apiKey = apiKey as number
    this.apiName = apiName as string
  }
}

export class KafkaJSBrokerNotFound extends KafkaJSError {
  override name = 'KafkaJSBrokerNotFound'
}

export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  override name = 'KafkaJSPartialMessageError'
}

export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  override name = 'KafkaJSSASLAuthenticationError'
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override name = 'KafkaJSGroupCoordinatorNotFound'
}

/** Something that KafkaJS has, or Kafka, and this cluster has not. */
export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  override name = 'KafkaJSNotImplemented'
}

export class KafkaJSTimeout extends KafkaJSNonRetriableError {
  override name = 'KafkaJSTimeout'
}

export class KafkaJSLockTimeout extends KafkaJSTimeout {
  override name = 'KafkaJSLockTimeout'
}

export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  override name = 'KafkaJSUnsupportedMagicByteInMessageSet'
}

/** How it went with the records of one partition that were to be deleted. */
export interface DeletedRecords {
  readonly partition: number
  readonly offset: string
  readonly error?: KafkaJSError
}

export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  override name = 'KafkaJSDeleteTopicRecordsError'
  readonly partitions: readonly DeletedRecords[]
  constructor({partitions}: {topic?: string; partitions: readonly DeletedRecords[]}) {
    const retriable = partitions.every(({error}) => error === undefined || error.retriable)
    super('Error while deleting records', {retriable})
    this.partitions = partitions
  }
}

export class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  override name = 'KafkaJSInvariantViolation'
  constructor(e: Error | string) {
    super(`Invariant violated: ${typeof e === 'string' ? e : e.message}`)
  }
}

/** KafkaJS gives this one, and the next, the name of its parent. */
export class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}

export class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  override name = 'KafkaJSCreateTopicError'
  readonly topic: string
  constructor(e: ProtocolFailure | Error | string, topic: string) {
    super(e)
    this.topic = topic
  }
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  override name = 'KafkaJSAlterPartitionReassignmentsError'
  readonly topic?: string
  readonly partition?: number
  constructor(e: ProtocolFailure | Error | string, topic?: string, partition?: number) {
    super(e)
    if (topic !== undefined) this.topic = topic
    if (partition !== undefined) this.partition = partition
  }
}

export class KafkaJSAggregateError extends Error {
  override name = 'KafkaJSAggregateError'
  readonly errors: (Error | string)[]
  constructor(message: Error | string, errors: (Error | string)[]) {
    super(message as string)
    this.errors = errors
  }
}

export class KafkaJSFetcherRebalanceError extends Error {}

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  override name = 'KafkaJSNoBrokerAvailableError'
  constructor() {
    super('No broker available')
  }
}
