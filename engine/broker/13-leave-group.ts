import type {GroupHandler} from './group-desk.ts'

export const leaveGroup: GroupHandler<'LeaveGroup'> = ({desk, now}, asked, answer) => {
  const coordinator = asked.groupId === '' ? 'INVALID_GROUP_ID' : desk.coordinatorOf(asked.groupId)
  answer(typeof coordinator === 'string' ? {errorCode: coordinator, members: []} : coordinator.leave(asked, now))
}
