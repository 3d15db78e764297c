import type {GroupHandler} from './group-desk.ts'

export const heartbeat: GroupHandler<'Heartbeat'> = ({desk, now}, asked, answer) => {
  const coordinator = asked.groupId === '' ? 'INVALID_GROUP_ID' : desk.coordinatorOf(asked.groupId)
  answer({errorCode: typeof coordinator === 'string' ? coordinator : coordinator.heartbeat(asked, now)})
}
