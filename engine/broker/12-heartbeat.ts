import type {GroupHandler} from './group-desk.ts'

export const heartbeat: GroupHandler<'Heartbeat'> = ({desk, now}, asked, answer) => {
  const coordinator = asked.groupId === '' ? 'INVALID_GROUP_ID' : desk.coordinatorOf(asked.groupId)
  if (typeof coordinator !== 'string') answer({errorCode: coordinator.heartbeat(asked, now)})
  // every member has a session to show that it is there, from when that is done
  else answer({errorCode: coordinator === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'NONE' : coordinator})
}
