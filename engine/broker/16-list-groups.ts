import type {GroupHandler} from './group-desk.ts'

export const listGroups: GroupHandler<'ListGroups'> = ({desk}, asked, answer) => {
  const coordinators = desk.coordinators()
  if (typeof coordinators === 'string') answer({errorCode: coordinators, groups: []})
  else answer({errorCode: 'NONE', groups: coordinators.flatMap(coordinator => coordinator.list(asked))})
}
