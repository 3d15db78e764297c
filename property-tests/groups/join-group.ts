import type {Cluster} from '../../client/cluster.ts'
import type {JoinGroupResponse, SyncGroupResponse} from '../../engine/group/requests.ts'

export interface Joined {
  readonly join: JoinGroupResponse
  readonly sync: SyncGroupResponse
}

/** Joins until the member has its part; the leader deals a part to each. */
export async function joinGroup(cluster: Cluster, groupId: string, known = ''): Promise<Joined> {
  let memberId = known
  for (;;) {
    const join = await cluster.groups.request('JoinGroup', {
      ...{groupId, memberId, protocolType: 'consumer', protocols: [{name: 'range', metadata: new Uint8Array(0)}]},
      ...{sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000},
    })
    memberId = join.errorCode === 'UNKNOWN_MEMBER_ID' ? '' : join.memberId
    if (join.errorCode !== 'NONE') continue
    const {generationId} = join
    const assignments = join.members.map(member => ({memberId: member.memberId, assignment: part(member.memberId)}))
    const sync = await cluster.groups.request('SyncGroup', {groupId, generationId, memberId, assignments})
    if (sync.errorCode === 'NONE') return {join, sync}
  }
}

function part(memberId: string): Uint8Array {
  return new Uint8Array(Buffer.from(`part of ${memberId}`))
}
