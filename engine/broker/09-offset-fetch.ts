import {refusedFetch} from '../group/group-offsets.ts'
import type {GroupHandler} from './group-desk.ts'

export const offsetFetch: GroupHandler<'OffsetFetch'> = ({desk}, asked, answer) => {
  const groups = asked.groups.map(each => {
    const coordinator = desk.coordinatorOf(each.groupId)
    return typeof coordinator === 'string' ? refusedFetch(each, coordinator) : coordinator.fetch(each)
  })
  answer({groups})
}
