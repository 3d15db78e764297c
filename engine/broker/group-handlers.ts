import type {GroupApi} from '../group/requests.ts'
import {offsetCommit} from './08-offset-commit.ts'
import {offsetFetch} from './09-offset-fetch.ts'
import {findCoordinator} from './10-find-coordinator.ts'
import {joinGroup} from './11-join-group.ts'
import {heartbeat} from './12-heartbeat.ts'
import {leaveGroup} from './13-leave-group.ts'
import {syncGroup} from './14-sync-group.ts'
import {describeGroups} from './15-describe-groups.ts'
import {listGroups} from './16-list-groups.ts'
import {deleteGroups} from './42-delete-groups.ts'
import {offsetDelete} from './47-offset-delete.ts'
import type {GroupHandler} from './group-desk.ts'

/** Who handles what is asked of groups. */
export const GROUP_HANDLERS: {readonly [Api in GroupApi]: GroupHandler<Api>} = {
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  SyncGroup: syncGroup,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  DeleteGroups: deleteGroups,
  OffsetDelete: offsetDelete,
}
