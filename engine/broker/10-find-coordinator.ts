import type {FindCoordinatorResponse} from '../group/requests.ts'
import {gather} from './gather.ts'
import type {GroupHandler} from './group-desk.ts'

/** Kafka's number for coordinators of groups. */
const GROUP_KEY = 0

export const findCoordinator: GroupHandler<'FindCoordinator'> = (
  {desk},
  {keyType = GROUP_KEY, coordinatorKeys},
  answer,
) => {
  gather<string, FindCoordinatorResponse['coordinators'][number]>(
    coordinatorKeys,
    (key, told) => {
      if (keyType !== GROUP_KEY) {
        told({key, nodeId: -1, errorCode: 'INVALID_REQUEST', errorMessage: 'only groups have coordinators here'})
        return
      }
      desk.findCoordinator(key, found =>
        typeof found === 'number'
          ? told({key, nodeId: found, errorCode: 'NONE', errorMessage: null})
          : told({key, nodeId: -1, errorCode: found, errorMessage: null}),
      )
    },
    coordinators => answer({coordinators}),
  )
}
