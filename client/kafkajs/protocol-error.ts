import {type ErrorCode, errorNumber, OdradekError} from '../../engine/errors.ts'
import {
  KafkaJSConnectionError,
  KafkaJSCreateTopicError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
  type ProtocolFailure,
} from './errors.ts'

/** Numbers below are Kafka's; from here on they are ours and mean nothing to a program written for Kafka. */
const OWN_FROM = 1000

/** Where KafkaJS keeps an older name of Kafka's. */
const OLDER_NAMES: {readonly [code: string]: string} = {
  NOT_LEADER_OR_FOLLOWER: 'NOT_LEADER_FOR_PARTITION',
  COORDINATOR_LOAD_IN_PROGRESS: 'GROUP_LOAD_IN_PROGRESS',
  COORDINATOR_NOT_AVAILABLE: 'GROUP_COORDINATOR_NOT_AVAILABLE',
  NOT_COORDINATOR: 'NOT_COORDINATOR_FOR_GROUP',
  UNKNOWN_SERVER_ERROR: 'UNKNOWN',
}

/** An error as KafkaJS would have it; one that it knows already stays as it is. */
export function toKafkaJSError(error: unknown): Error {
  if (!(error instanceof OdradekError))
    return error instanceof Error ? error : new KafkaJSNonRetriableError(String(error))
  if (errorNumber(error.code) < OWN_FROM) return new KafkaJSProtocolError(failureOf(error), {cause: error})
  if (error.code === 'LOG_CLOSED' || error.code === 'REPLICA_CRASHED')
    return new KafkaJSConnectionError(error.message, {code: error.code, cause: error})
  return new KafkaJSError(error, {retriable: error.retriable, cause: error})
}

/** The same for a topic that could not be made. */
export function toCreateTopicError(error: unknown, topic: string): Error {
  return error instanceof OdradekError && errorNumber(error.code) < OWN_FROM
    ? new KafkaJSCreateTopicError(failureOf(error), topic)
    : toKafkaJSError(error)
}

/** An error that came as a code in an answer. */
export function protocolError(code: ErrorCode, detail?: string): KafkaJSProtocolError {
  const error = new OdradekError(code, detail)
  return new KafkaJSProtocolError(failureOf(error), {cause: error})
}

export function failureOf(error: OdradekError): Required<ProtocolFailure> {
  const {code, message, retriable} = error
  return {message, type: typeOf(code), code: errorNumber(code), retriable}
}

function typeOf(code: ErrorCode): string {
  return OLDER_NAMES[code] ?? code
}

/** What `doing` comes to, its failure told as KafkaJS would. */
export async function asKafkaJS<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing
  } catch (error) {
    throw toKafkaJSError(error)
  }
}
