import type {ErrorCode} from '../errors.ts'
import type {GroupCoordinator} from '../group/group-coordinator.ts'
import type {Now} from '../group/group-world.ts'
import type {GroupApi, GroupRequests, GroupResponses, Requester} from '../group/requests.ts'

/** What a broker has of groups, for its handlers. */
export interface GroupDesk {
  /** The coordinator of a group, or why it does not answer here. */
  coordinatorOf(groupId: string): GroupCoordinator | ErrorCode
  /** Every coordinator here, or why there are groups now that no broker would tell of. */
  coordinators(): readonly GroupCoordinator[] | ErrorCode
  /** Tells which broker coordinates a group; where nothing is there to hold groups yet, that is made first. */
  findCoordinator(groupId: string, answer: (found: number | ErrorCode) => void): void
}

export interface GroupContext {
  readonly desk: GroupDesk
  readonly from: Requester
  readonly now: Now
}

/** Request in, response out: at once, or when what it waits for has happened. */
export type GroupHandler<Api extends GroupApi> = (
  context: GroupContext,
  asked: GroupRequests[Api],
  answer: (response: GroupResponses[Api]) => void,
) => void
