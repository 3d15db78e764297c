import {refusedSync} from '../group/membership.ts'
import type {GroupHandler} from './group-desk.ts'

export const syncGroup: GroupHandler<'SyncGroup'> = ({desk, now}, asked, answer) => {
  const coordinator = asked.groupId === '' ? 'INVALID_GROUP_ID' : desk.coordinatorOf(asked.groupId)
  if (typeof coordinator !== 'string') coordinator.sync(asked, now, answer)
  // what its members know is lost with the coordinator: they join anew
  else answer(refusedSync(coordinator === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'REBALANCE_IN_PROGRESS' : coordinator))
}
