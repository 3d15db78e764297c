import type {GroupApi, GroupRequests, GroupResponses} from './requests.ts'

/** Letter of an application thread to a broker. Sent again with the same `id`, it is the same request. */
export interface GroupAsk<Api extends GroupApi = GroupApi> {
  readonly type: 'group'
  readonly id: number
  readonly api: Api
  readonly body: GroupRequests[Api]
  readonly clientId: string
  /** The asking thread's place among the cluster's threads, and the system's id of it, 0 where unknown. */
  readonly place: number
  readonly thread: number
}

/** Letters of a broker to an application thread. */
export type GroupLetter =
  | {readonly type: 'groupTold'; readonly id: number; readonly response: GroupResponses[GroupApi]}
  /** No handler can take the request as it is: INVALID_REQUEST. */
  | {readonly type: 'groupRefused'; readonly id: number; readonly problem: string}
  /** The group rebalances: the member is to join it anew. */
  | {readonly type: 'groupRebalance'; readonly groupId: string; readonly memberId: string}
