import {INT16_MAX, INT32_MAX} from '../limits.ts'
import type {GroupApi} from './requests.ts'

/** What is wrong with a value of that name; undefined where nothing is. */
type Shape = (value: unknown, name: string) => string | undefined

/** What a coordinator puts behind the id of a client or an instance for a member's id: a dash and a UUID. */
const MEMBER_ID_SUFFIX = 37

/**
 * What is wrong with a request as it came, so that a caller of plain JavaScript gets an answer: a coordinator that takes in what it cannot store would
 * fail with all groups that it has. Undefined where its handler can take it.
 */
export function requestProblem(api: GroupApi, body: unknown, clientId: unknown): string | undefined {
  const shape = Object.hasOwn(SHAPES, api) ? SHAPES[api] : undefined
  if (shape === undefined) return `there is no request ${String(api)}`
  return prefix(clientId, 'clientId') ?? shape(body, api)
}

const is =
  (what: string, test: (value: unknown) => boolean): Shape =>
  (value, name) =>
    test(value) ? undefined : `${name} is not ${what}`

const textUpTo = (most: number): Shape =>
  is(`a string of at most ${most} bytes`, value => typeof value === 'string' && Buffer.byteLength(value) <= most)
const text = textUpTo(INT16_MAX)
const prefix = textUpTo(INT16_MAX - MEMBER_ID_SUFFIX)
/** The coordinator itself says what is too long here. */
const anyText = is('a string', value => typeof value === 'string')
const bytes = is('a Buffer or Uint8Array', value => value instanceof Uint8Array)
const int32 = is(
  'a whole number of 32 bits',
  value => Number.isInteger(value) && (value as number) === ((value as number) | 0),
)
const int64 = is('a whole number', value => Number.isSafeInteger(value))
const ms = is(
  'a number of milliseconds',
  value => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= INT32_MAX,
)

const orNone =
  (shape: Shape): Shape =>
  (value, name) =>
    value === undefined || value === null ? undefined : shape(value, name)

const list =
  (shape: Shape): Shape =>
  (value, name) => {
    if (!Array.isArray(value)) return `${name} is not an array`
    for (const [i, each] of value.entries()) {
      const problem = shape(each, `${name}[${i}]`)
      if (problem !== undefined) return problem
    }
    return undefined
  }

const object =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value, name) => {
    if (typeof value !== 'object' || value === null) return `${name} is not an object`
    for (const [field, shape] of Object.entries(fields)) {
      const problem = shape((value as Record<string, unknown>)[field], `${name}.${field}`)
      if (problem !== undefined) return problem
    }
    return undefined
  }

const member = {groupId: text, memberId: text, groupInstanceId: orNone(prefix)}

const SHAPES: {readonly [Api in GroupApi]: Shape} = {
  FindCoordinator: object({keyType: orNone(int32), coordinatorKeys: list(text)}),
  JoinGroup: object({
    ...member,
    sessionTimeoutMs: ms,
    rebalanceTimeoutMs: ms,
    protocolType: text,
    protocols: list(object({name: text, metadata: bytes})),
  }),
  SyncGroup: object({
    ...member,
    generationId: int32,
    protocolType: orNone(text),
    protocolName: orNone(text),
    assignments: list(object({memberId: text, assignment: bytes})),
  }),
  Heartbeat: object({...member, generationId: int32}),
  LeaveGroup: object({groupId: text, members: list(object({memberId: text, groupInstanceId: orNone(text)}))}),
  OffsetCommit: object({
    ...member,
    memberId: orNone(text),
    generationIdOrMemberEpoch: orNone(int32),
    topics: list(
      object({
        name: text,
        partitions: list(
          object({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: orNone(int32),
            committedMetadata: orNone(anyText),
          }),
        ),
      }),
    ),
  }),
  OffsetFetch: object({
    groups: list(object({groupId: text, topics: orNone(list(object({name: text, partitionIndexes: list(int32)})))})),
  }),
  DescribeGroups: object({groups: list(text)}),
  ListGroups: object({statesFilter: orNone(list(text)), typesFilter: orNone(list(text))}),
  DeleteGroups: object({groupsNames: list(text)}),
  OffsetDelete: object({
    groupId: text,
    topics: list(object({name: text, partitions: list(object({partitionIndex: int32}))})),
  }),
}
