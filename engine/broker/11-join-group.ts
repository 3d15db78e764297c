import {refusedJoin} from '../group/membership.ts'
import type {GroupHandler} from './group-desk.ts'

export const joinGroup: GroupHandler<'JoinGroup'> = ({desk, from, now}, asked, answer) => {
  const coordinator = asked.groupId === '' ? 'INVALID_GROUP_ID' : desk.coordinatorOf(asked.groupId)
  if (typeof coordinator === 'string') answer(refusedJoin(asked.memberId, coordinator))
  else coordinator.join(asked, from, now, answer)
}
