import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type ErrorCode, errorCodeOf, errorNumber, OdradekError, storageError} from './errors.ts'

/** Kafka's numbers (`Errors.java`) and ours. Written down a second time, so that none changes unseen. */
const NUMBERS: Readonly<Record<ErrorCode, number>> = {
  UNKNOWN_SERVER_ERROR: -1,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  MESSAGE_TOO_LARGE: 10,
  OFFSET_METADATA_TOO_LARGE: 12,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  UNKNOWN_PRODUCER_ID: 59,
  REASSIGNMENT_IN_PROGRESS: 60,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PREFERRED_LEADER_NOT_AVAILABLE: 80,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 83,
  ELECTION_NOT_NEEDED: 84,
  NO_REASSIGNMENT_IN_PROGRESS: 85,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNKNOWN_TOPIC_ID: 100,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_TOPIC_ID: 103,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  MISMATCHED_ENDPOINT_TYPE: 114,
  INVALID_ARGUMENT: 1000,
  LOG_CLOSED: 1001,
  LOG_IN_USE: 1002,
  LOG_DAMAGED: 1003,
  FOREIGN_DIR: 1004,
  PERMISSION_DENIED: 1005,
  NOT_A_DIRECTORY: 1006,
  DISK_FULL: 1007,
  BUFFER_EXHAUSTED: 1008,
  REPLICA_CRASHED: 1009,
  READER_CLOSED: 1010,
  RECORD_EXPIRED: 1011,
  TOO_MANY_THREADS: 1012,
  FLUSH_TIMED_OUT: 1013,
  INVALID_HANDLE: 1014,
}
const CODES = Object.keys(NUMBERS) as ErrorCode[]

test('every code has its number, and back', () => {
  for (const code of CODES) {
    assert.is(errorNumber(code), NUMBERS[code])
    assert.is(errorCodeOf(NUMBERS[code]), code)
  }
})

test('no number has two meanings, and none is success', () => {
  const numbers = CODES.map(errorNumber)
  assert.is(new Set(numbers).size, numbers.length)
  assert.ok(numbers.every(number => number !== 0))
})

test('a number that is nobody’s counts as a failed disk: the worst that is retriable', () => {
  assert.is(errorCodeOf(4242), 'KAFKA_STORAGE_ERROR')
})

test('an error carries a code, a sentence and a cause', () => {
  const cause = new Error('why')
  const error = new OdradekError('LOG_IN_USE', 'pid 7 has it', {cause})
  assert.instance(error, Error)
  assert.is(error.name, 'OdradekError')
  assert.is(error.code, 'LOG_IN_USE')
  assert.is(error.message, 'LOG_IN_USE: pid 7 has it')
  assert.is(error.retriable, true)
  assert.is(error.cause, cause)
})

test('without a sentence it has the table’s', () => {
  for (const code of CODES) assert.ok(new OdradekError(code).message.length > code.length + 4)
})

test('errors of the file system become ours', () => {
  for (const [system, code] of [
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EACCES', 'PERMISSION_DENIED'],
    ['EPERM', 'PERMISSION_DENIED'],
    ['EROFS', 'PERMISSION_DENIED'],
    ['ENOTDIR', 'NOT_A_DIRECTORY'],
    ['EIO', 'KAFKA_STORAGE_ERROR'],
  ] as const) {
    const cause = Object.assign(new Error(`${system}: it failed`), {code: system})
    const error = storageError(cause, 'writing')
    assert.is(error.code, code)
    assert.is(error.message, `${code}: writing: ${system}: it failed`)
    assert.is(error.cause, cause)
  }
})

test('ours stay as they are, and anything else that is thrown is told', () => {
  const ours = new OdradekError('LOG_DAMAGED')
  assert.is(storageError(ours, 'opening'), ours)
  assert.is(storageError('a string', 'opening').message, 'KAFKA_STORAGE_ERROR: opening: a string')
})

test.run()
