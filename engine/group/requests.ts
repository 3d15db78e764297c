import type {ErrorCode} from '../errors.ts'

/**
 * What is asked of a group's coordinator, and what it answers: Kafka's own messages at their newest versions of the classic protocol, as objects with
 * Kafka's field names. Offsets are numbers; `errorCode` is a name of `engine/errors.ts`, or NONE.
 */
export type GroupErrorCode = ErrorCode | 'NONE'

export interface FindCoordinatorRequest {
  /** 0 for groups, which is all there is. */
  readonly keyType?: number
  readonly coordinatorKeys: readonly string[]
}

export interface FindCoordinatorResponse {
  readonly coordinators: readonly {
    readonly key: string
    /** Id of the broker, -1 where there is none. */
    readonly nodeId: number
    readonly errorCode: GroupErrorCode
    readonly errorMessage: string | null
  }[]
}

export interface GroupProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Empty at the first time; then what MEMBER_ID_REQUIRED came with. */
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly protocolType: string
  readonly protocols: readonly GroupProtocol[]
  readonly reason?: string | null
}

export interface JoinGroupResponse {
  readonly errorCode: GroupErrorCode
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  /** All members, for the leader alone. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export interface SyncGroupRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly protocolType?: string | null
  readonly protocolName?: string | null
  readonly assignments: readonly {readonly memberId: string; readonly assignment: Uint8Array}[]
}

export interface SyncGroupResponse {
  readonly errorCode: GroupErrorCode
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
}

export interface HeartbeatResponse {
  readonly errorCode: GroupErrorCode
}

export interface LeaveGroupRequest {
  readonly groupId: string
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId?: string | null
    readonly reason?: string | null
  }[]
}

export interface LeaveGroupResponse {
  readonly errorCode: GroupErrorCode
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly errorCode: GroupErrorCode
  }[]
}

export interface OffsetCommitRequest {
  readonly groupId: string
  /** Missing or -1: of nobody who is in the group. */
  readonly generationIdOrMemberEpoch?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly committedOffset: number
      readonly committedLeaderEpoch?: number
      readonly committedMetadata?: string | null
    }[]
  }[]
}

export interface OffsetCommitResponse {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {readonly partitionIndex: number; readonly errorCode: GroupErrorCode}[]
  }[]
}

export interface OffsetFetchRequest {
  readonly groups: readonly {
    readonly groupId: string
    /** Null or missing: all there are. */
    readonly topics?: readonly {readonly name: string; readonly partitionIndexes: readonly number[]}[] | null
  }[]
  readonly requireStable?: boolean
}

export interface OffsetFetchResponse {
  readonly groups: readonly {
    readonly groupId: string
    readonly errorCode: GroupErrorCode
    readonly topics: readonly {
      readonly name: string
      readonly partitions: readonly {
        readonly partitionIndex: number
        /** -1 where nothing was committed. */
        readonly committedOffset: number
        readonly committedLeaderEpoch: number
        readonly metadata: string
        readonly errorCode: GroupErrorCode
      }[]
    }[]
  }[]
}

export interface DescribeGroupsRequest {
  readonly groups: readonly string[]
}

export interface DescribeGroupsResponse {
  readonly groups: readonly {
    /** GROUP_ID_NOT_FOUND where there is none: its state is then Dead. */
    readonly errorCode: GroupErrorCode
    readonly errorMessage: string | null
    readonly groupId: string
    readonly groupState: string
    readonly protocolType: string
    readonly protocolData: string
    readonly members: readonly {
      readonly memberId: string
      readonly groupInstanceId: string | null
      readonly clientId: string
      readonly clientHost: string
      readonly memberMetadata: Uint8Array
      readonly memberAssignment: Uint8Array
      /** Since it asked for anything, or was found by who coordinates the group now. No part of Kafka's protocol. */
      readonly idleMs: number
    }[]
  }[]
}

export interface ListGroupsRequest {
  readonly statesFilter?: readonly string[]
  readonly typesFilter?: readonly string[]
}

export interface ListGroupsResponse {
  readonly errorCode: GroupErrorCode
  readonly groups: readonly {
    readonly groupId: string
    readonly protocolType: string
    readonly groupState: string
    readonly groupType: string
  }[]
}

export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[]
}

export interface DeleteGroupsResponse {
  readonly results: readonly {readonly groupId: string; readonly errorCode: GroupErrorCode}[]
}

export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {readonly partitionIndex: number}[]
  }[]
}

export interface OffsetDeleteResponse {
  readonly errorCode: GroupErrorCode
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {readonly partitionIndex: number; readonly errorCode: GroupErrorCode}[]
  }[]
}

export interface GroupRequests {
  readonly FindCoordinator: FindCoordinatorRequest
  readonly JoinGroup: JoinGroupRequest
  readonly SyncGroup: SyncGroupRequest
  readonly Heartbeat: HeartbeatRequest
  readonly LeaveGroup: LeaveGroupRequest
  readonly OffsetCommit: OffsetCommitRequest
  readonly OffsetFetch: OffsetFetchRequest
  readonly DescribeGroups: DescribeGroupsRequest
  readonly ListGroups: ListGroupsRequest
  readonly DeleteGroups: DeleteGroupsRequest
  readonly OffsetDelete: OffsetDeleteRequest
}

export interface GroupResponses {
  readonly FindCoordinator: FindCoordinatorResponse
  readonly JoinGroup: JoinGroupResponse
  readonly SyncGroup: SyncGroupResponse
  readonly Heartbeat: HeartbeatResponse
  readonly LeaveGroup: LeaveGroupResponse
  readonly OffsetCommit: OffsetCommitResponse
  readonly OffsetFetch: OffsetFetchResponse
  readonly DescribeGroups: DescribeGroupsResponse
  readonly ListGroups: ListGroupsResponse
  readonly DeleteGroups: DeleteGroupsResponse
  readonly OffsetDelete: OffsetDeleteResponse
}

export type GroupApi = keyof GroupRequests

/** Who asks, as a group shows its members. */
export interface Requester {
  readonly clientId: string
  readonly clientHost: string
  /** It is a thread of this process: what keeps it in its group is that it lives, and gets on with its work. */
  readonly inProcess: boolean
}
