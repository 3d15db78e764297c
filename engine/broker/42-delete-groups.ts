import type {DeleteGroupsResponse} from '../group/requests.ts'
import {gather} from './gather.ts'
import type {GroupHandler} from './group-desk.ts'

export const deleteGroups: GroupHandler<'DeleteGroups'> = ({desk, now}, {groupsNames}, answer) => {
  gather<string, DeleteGroupsResponse['results'][number]>(
    groupsNames,
    (groupId, told) => {
      const coordinator = desk.coordinatorOf(groupId)
      if (typeof coordinator === 'string') told({groupId, errorCode: coordinator})
      else coordinator.delete(groupId, now, errorCode => told({groupId, errorCode}))
    },
    results => answer({results}),
  )
}
