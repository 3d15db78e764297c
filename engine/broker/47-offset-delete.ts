import type {GroupHandler} from './group-desk.ts'

export const offsetDelete: GroupHandler<'OffsetDelete'> = ({desk}, asked, answer) => {
  const coordinator = desk.coordinatorOf(asked.groupId)
  if (typeof coordinator === 'string') answer({errorCode: coordinator, topics: []})
  else coordinator.deleteOffsets(asked, answer)
}
