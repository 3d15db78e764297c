/**
 * Every error a user can meet: one class, one table. Names and numbers below 1000 are Kafka's (`Errors.java`) and go
 * on the wire as they are; numbers from 1000 are ours and go on the wire as UNKNOWN_SERVER_ERROR (-1).
 * Numbers also travel through shared memory as the status of a batch, so none is ever given a second meaning.
 */
const ERRORS = {
  UNKNOWN_SERVER_ERROR: {number: -1, retriable: false, text: 'the broker failed in a way that has no name'},
  OFFSET_OUT_OF_RANGE: {number: 1, retriable: false, text: 'offset is outside the log'},
  CORRUPT_MESSAGE: {number: 2, retriable: true, text: 'stored bytes fail their check'},
  UNKNOWN_TOPIC_OR_PARTITION: {number: 3, retriable: true, text: 'there is no such topic or partition'},
  LEADER_NOT_AVAILABLE: {number: 5, retriable: true, text: 'the partition has no leader now'},
  NOT_LEADER_OR_FOLLOWER: {number: 6, retriable: true, text: 'this replica does not lead the partition'},
  REQUEST_TIMED_OUT: {
    number: 7,
    retriable: true,
    text: 'there was no answer in time; it is not known what became of it',
  },
  MESSAGE_TOO_LARGE: {number: 10, retriable: false, text: 'the record is larger than the log takes'},
  OFFSET_METADATA_TOO_LARGE: {number: 12, retriable: false, text: 'the metadata of a committed offset is too long'},
  COORDINATOR_LOAD_IN_PROGRESS: {number: 14, retriable: true, text: 'the coordinator of the group is being loaded'},
  COORDINATOR_NOT_AVAILABLE: {number: 15, retriable: true, text: 'the group has no coordinator now'},
  NOT_COORDINATOR: {number: 16, retriable: true, text: 'this broker does not coordinate the group'},
  INVALID_TOPIC_EXCEPTION: {number: 17, retriable: false, text: 'the topic name is not allowed'},
  RECORD_LIST_TOO_LARGE: {number: 18, retriable: false, text: 'the batch is larger than a segment of the log'},
  NOT_ENOUGH_REPLICAS: {number: 19, retriable: true, text: 'too few replicas are in sync; nothing was stored'},
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    number: 20,
    retriable: true,
    text: 'it was stored, but too few replicas have it',
  },
  INVALID_REQUIRED_ACKS: {number: 21, retriable: false, text: 'acks is -1, 0 or 1'},
  ILLEGAL_GENERATION: {number: 22, retriable: false, text: 'the generation of the group is another one'},
  INCONSISTENT_GROUP_PROTOCOL: {
    number: 23,
    retriable: false,
    text: 'the members of the group have no protocol in common',
  },
  INVALID_GROUP_ID: {number: 24, retriable: false, text: 'the group id is not allowed'},
  UNKNOWN_MEMBER_ID: {number: 25, retriable: false, text: 'the group has no such member'},
  INVALID_SESSION_TIMEOUT: {number: 26, retriable: false, text: 'the session time-out is out of range'},
  REBALANCE_IN_PROGRESS: {number: 27, retriable: false, text: 'the group rebalances: join it anew'},
  INVALID_COMMIT_OFFSET_SIZE: {
    number: 28,
    retriable: false,
    text: 'what was committed at once is larger than the log takes',
  },
  INVALID_TIMESTAMP: {number: 32, retriable: false, text: 'the timestamp is out of range'},
  UNSUPPORTED_VERSION: {number: 35, retriable: false, text: 'this version of the request is not served'},
  TOPIC_ALREADY_EXISTS: {number: 36, retriable: false, text: 'a topic of this name exists'},
  INVALID_PARTITIONS: {number: 37, retriable: false, text: 'the number of partitions is wrong'},
  INVALID_REPLICATION_FACTOR: {number: 38, retriable: false, text: 'the replication factor is wrong'},
  INVALID_REPLICA_ASSIGNMENT: {number: 39, retriable: false, text: 'the replicas cannot be placed like that'},
  INVALID_CONFIG: {number: 40, retriable: false, text: 'an option is wrong'},
  NOT_CONTROLLER: {number: 41, retriable: true, text: 'this coordinator is not the one that writes'},
  INVALID_REQUEST: {number: 42, retriable: false, text: 'the request makes no sense'},
  UNSUPPORTED_FOR_MESSAGE_FORMAT: {
    number: 43,
    retriable: false,
    text: 'the format of the records does not have it',
  },
  POLICY_VIOLATION: {number: 44, retriable: false, text: 'the cluster does not allow it'},
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    number: 45,
    retriable: false,
    text: 'a batch of the producer is missing before this one',
  },
  DUPLICATE_SEQUENCE_NUMBER: {number: 46, retriable: false, text: 'the batch was stored before'},
  INVALID_PRODUCER_EPOCH: {number: 47, retriable: false, text: 'a newer producer of that id has written'},
  INVALID_TXN_STATE: {number: 48, retriable: false, text: 'the transaction does not allow it'},
  KAFKA_STORAGE_ERROR: {number: 56, retriable: true, text: 'the disk failed'},
  LOG_DIR_NOT_FOUND: {number: 57, retriable: false, text: 'there is no such log dir'},
  UNKNOWN_PRODUCER_ID: {number: 59, retriable: false, text: 'the log knows no such producer'},
  REASSIGNMENT_IN_PROGRESS: {number: 60, retriable: false, text: 'the partition is being reassigned'},
  NON_EMPTY_GROUP: {number: 68, retriable: false, text: 'the group has members'},
  GROUP_ID_NOT_FOUND: {number: 69, retriable: false, text: 'there is no such group'},
  FETCH_SESSION_ID_NOT_FOUND: {number: 70, retriable: true, text: 'there is no such fetch session'},
  INVALID_FETCH_SESSION_EPOCH: {number: 71, retriable: true, text: 'the fetch session is at another epoch'},
  FENCED_LEADER_EPOCH: {number: 74, retriable: true, text: 'the leader epoch is an older one'},
  UNKNOWN_LEADER_EPOCH: {number: 75, retriable: true, text: 'the leader epoch is not known here yet'},
  UNSUPPORTED_COMPRESSION_TYPE: {number: 76, retriable: false, text: 'the codec is not supported'},
  STALE_BROKER_EPOCH: {number: 77, retriable: false, text: 'the broker has been started anew since'},
  OFFSET_NOT_AVAILABLE: {number: 78, retriable: true, text: 'the new leader does not know yet how far is visible'},
  MEMBER_ID_REQUIRED: {number: 79, retriable: false, text: 'join again with the member id that was given'},
  PREFERRED_LEADER_NOT_AVAILABLE: {number: 80, retriable: true, text: 'the preferred leader is not in sync'},
  GROUP_MAX_SIZE_REACHED: {number: 81, retriable: false, text: 'the group has as many members as it may have'},
  FENCED_INSTANCE_ID: {number: 82, retriable: false, text: 'another member has taken this instance id'},
  ELIGIBLE_LEADERS_NOT_AVAILABLE: {number: 83, retriable: true, text: 'no replica can lead'},
  ELECTION_NOT_NEEDED: {number: 84, retriable: true, text: 'the partition has the leader it should have'},
  NO_REASSIGNMENT_IN_PROGRESS: {number: 85, retriable: false, text: 'no reassignment is under way'},
  GROUP_SUBSCRIBED_TO_TOPIC: {number: 86, retriable: false, text: 'members of the group subscribe to the topic'},
  INVALID_RECORD: {number: 87, retriable: false, text: 'the record is malformed'},
  UNKNOWN_TOPIC_ID: {number: 100, retriable: true, text: 'there is no topic of this id'},
  BROKER_ID_NOT_REGISTERED: {number: 102, retriable: false, text: 'there is no such broker'},
  INCONSISTENT_TOPIC_ID: {number: 103, retriable: true, text: 'the topic has another id'},
  FETCH_SESSION_TOPIC_ID_ERROR: {number: 106, retriable: true, text: 'the fetch session names topics otherwise'},
  MISMATCHED_ENDPOINT_TYPE: {number: 114, retriable: false, text: 'the endpoint is of another kind'},
  INVALID_ARGUMENT: {number: 1000, retriable: false, text: 'an argument is wrong'},
  LOG_CLOSED: {number: 1001, retriable: false, text: 'the log is closed'},
  LOG_IN_USE: {number: 1002, retriable: true, text: 'the dir is already open'},
  LOG_DAMAGED: {number: 1003, retriable: false, text: 'data that had been synced is damaged'},
  FOREIGN_DIR: {number: 1004, retriable: false, text: 'the dir holds something else'},
  PERMISSION_DENIED: {number: 1005, retriable: false, text: 'the file system does not allow it'},
  NOT_A_DIRECTORY: {number: 1006, retriable: false, text: 'the path is not a directory'},
  DISK_FULL: {number: 1007, retriable: true, text: 'no space is left on the disk'},
  BUFFER_EXHAUSTED: {number: 1008, retriable: true, text: 'more was appended than the buffers hold'},
  REPLICA_CRASHED: {number: 1009, retriable: true, text: 'the replica thread died'},
  READER_CLOSED: {number: 1010, retriable: false, text: 'the reader is closed'},
  RECORD_EXPIRED: {number: 1011, retriable: false, text: 'the record was used after its handler returned'},
  TOO_MANY_THREADS: {number: 1012, retriable: true, text: 'too many threads are attached'},
  FLUSH_TIMED_OUT: {number: 1013, retriable: true, text: 'the flush did not finish in time'},
  INVALID_HANDLE: {number: 1014, retriable: false, text: 'the handle is not one of a log'},
} as const

const FIRST_OF_OURS = 1000

export type ErrorCode = keyof typeof ERRORS

const NAMES_ON_WIRE = new Map(
  (Object.keys(ERRORS) as ErrorCode[])
    .filter(name => ERRORS[name].number < FIRST_OF_OURS)
    .map(name => [ERRORS[name].number as number, name]),
)

/** What went wrong, as a code to branch on and a sentence to read. `cause` holds the system's error, where there is one. */
export class OdradekError extends Error {
  override readonly name = 'OdradekError'
  readonly code: ErrorCode
  readonly retriable: boolean
  /** How often what was sent was sent again before this was told, where it was. */
  declare readonly retries?: number

  constructor(code: ErrorCode, detail?: string, options: ErrorOptions & {retries?: number} = {}) {
    const {retries = 0, ...cause} = options
    super(`${code}: ${detail ?? ERRORS[code].text}`, cause)
    this.code = code
    this.retriable = ERRORS[code].retriable
    if (retries > 0) this.retries = retries
  }
}

/** Whether Kafka has no such error. */
export function isOurs(code: ErrorCode): boolean {
  return ERRORS[code].number >= FIRST_OF_OURS
}

/** What stands for an error on the wire; 0 is success. */
export function wireNumber(code: ErrorCode | 'NONE'): number {
  if (code === 'NONE') return 0
  return isOurs(code) ? ERRORS.UNKNOWN_SERVER_ERROR.number : ERRORS[code].number
}

/** The error that a number on the wire stands for. */
export function errorNamed(number: number): ErrorCode | 'NONE' {
  return number === 0 ? 'NONE' : (NAMES_ON_WIRE.get(number) ?? 'UNKNOWN_SERVER_ERROR')
}

/** The status of a batch in shared memory; 0 stands for success. */
export function errorNumber(code: ErrorCode): number {
  return ERRORS[code].number
}

export function errorCodeOf(number: number): ErrorCode {
  const code = (Object.keys(ERRORS) as ErrorCode[]).find(name => ERRORS[name].number === number)
  return code ?? 'KAFKA_STORAGE_ERROR'
}

/** Turns an error of the file system into ours, so that a caller branches on one kind of code only. */
export function storageError(error: unknown, doing: string): OdradekError {
  if (error instanceof OdradekError) return error
  const system = error as {code?: string; message?: string}
  const code = SYSTEM_CODES[system.code ?? ''] ?? 'KAFKA_STORAGE_ERROR'
  return new OdradekError(code, `${doing}: ${system.message ?? String(error)}`, {cause: error})
}

const SYSTEM_CODES: Record<string, ErrorCode> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  ENOTDIR: 'NOT_A_DIRECTORY',
}
