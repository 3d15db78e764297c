import type {ErrorCode} from '../errors.ts'
import type {RequestContext} from './handler.ts'
import type {ServedPartition} from './served-partition.ts'

/** What an answer says of who leads instead (KIP-951), so that the client need not ask. */
export interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

const LED_ELSEWHERE: ReadonlySet<string> = new Set<ErrorCode>(['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH'])

/** Collects the leaders that an answer names, and where they are reached. */
export class CurrentLeaders {
  readonly #context: RequestContext
  readonly #named = new Set<number>()

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** Who leads the partition, where that is what the error is about. */
  of(partition: ServedPartition | ErrorCode, error: ErrorCode | 'NONE'): CurrentLeader | undefined {
    if (typeof partition === 'string' || !LED_ELSEWHERE.has(error)) return undefined
    const leaderId = leaderOf(partition)
    if (leaderId >= 0) this.#named.add(leaderId)
    return {leaderId, leaderEpoch: partition.row.leadership.leaderEpoch}
  }

  /** The named ones that listen. */
  endpoints(): {nodeId: number; host: string; port: number; rack: null}[] {
    if (this.#named.size === 0) return []
    const {desk, host} = this.#context
    return desk
      .listeningBrokers()
      .filter(({nodeId}) => this.#named.has(nodeId))
      .map(({nodeId, port}) => ({nodeId, host, port, rack: null}))
  }
}

/** The broker whose replica leads, -1 where none does. */
function leaderOf({topic, index, row}: ServedPartition): number {
  const {leader} = row.leadership
  return leader < 0 ? -1 : (topic.partitions[index]?.slots[leader] ?? -1)
}
