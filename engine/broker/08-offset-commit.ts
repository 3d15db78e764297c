import {refusedCommit} from '../group/group-offsets.ts'
import type {GroupHandler} from './group-desk.ts'

export const offsetCommit: GroupHandler<'OffsetCommit'> = ({desk, now}, asked, answer) => {
  const coordinator = desk.coordinatorOf(asked.groupId)
  if (typeof coordinator === 'string') answer(refusedCommit(asked, coordinator))
  else coordinator.commit(asked, now, answer)
}
