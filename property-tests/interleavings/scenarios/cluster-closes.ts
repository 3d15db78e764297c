import {ClusterMap} from '../../../engine/cluster/cluster-map.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly map: SharedArrayBuffer
  /** How far the supervisor has come: brokers are told, brokers have ended. */
  step: 0 | 1 | 2
  gone: boolean
}

/** Closes a cluster: brokers first, while coordinators still serve them; then the coordinators. */
function supervisor(world: World): void {
  const map = new ClusterMap(world.map)
  must(!map.closing && !map.isOver, 'a cluster is open at first')
  world.step = 1
  map.publishClosing()
  must(map.closing, 'it is seen that it closes')
  world.step = 2
  map.publishOver()
  must(map.isOver, 'it is seen that it is over')
  map.ringCoordinators()
}

function coordinator(world: World): void {
  const map = new ClusterMap(world.map)
  const {doorbell} = map.coordinator(1)
  for (;;) {
    const seen = doorbell.count()
    const isOver = map.isOver
    if (map.closing) must(world.step > 0, 'nobody takes a cluster for closing that is open')
    if (isOver) {
      must(world.step === 2, 'a coordinator goes when the brokers have gone')
      must(map.closing, 'what is over had been closing')
      world.gone = true
      return
    }
    doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** A cluster that is closed, and a coordinator that goes last. */
export const clusterCloses: Scenario<World> = {
  name: 'cluster closes',
  world: () => ({
    map: ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1}).memory,
    step: 0,
    gone: false,
  }),
  actors: [
    {name: 'supervisor', run: supervisor},
    {name: 'coordinator', run: coordinator},
  ],
  mortal: {supervisor: ['coordinator'], coordinator: []},
  check: ({gone}, dead) => {
    if (dead === undefined) must(gone, 'a coordinator hears of the end')
  },
}
