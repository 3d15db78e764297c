import {undescribed} from '../group/group-coordinator.ts'
import type {GroupHandler} from './group-desk.ts'

export const describeGroups: GroupHandler<'DescribeGroups'> = ({desk, now}, asked, answer) => {
  const groups = asked.groups.map(groupId => {
    const coordinator = desk.coordinatorOf(groupId)
    return typeof coordinator === 'string'
      ? undescribed(groupId, coordinator)
      : coordinator.describe(groupId, now.nowMs)
  })
  answer({groups})
}
