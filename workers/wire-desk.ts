import type {BrokerDesk, ListeningBroker} from '../engine/broker/broker-desk.ts'
import type {GroupDesk} from '../engine/broker/group-desk.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {ErrorCode} from '../engine/errors.ts'
import type {GroupCoordinator} from '../engine/group/group-coordinator.ts'
import type {WireAdmin} from './wire-admin.ts'
import type {WireLogs} from './wire-logs.ts'

/** What a broker has for the handlers of what clients ask over the wire. */
export class WireDesk implements BrokerDesk {
  readonly logs: WireLogs
  readonly admin: WireAdmin
  readonly #map: ClusterMap
  readonly #groups: GroupDesk

  constructor(map: ClusterMap, {groups, logs, admin}: {groups: GroupDesk; logs: WireLogs; admin: WireAdmin}) {
    this.logs = logs
    this.admin = admin
    this.#map = map
    this.#groups = groups
  }

  listeningBrokers(): readonly ListeningBroker[] {
    const ids = Array.from({length: this.#map.shape.brokers}, (_, i) => i + 1)
    return ids.flatMap(nodeId => {
      const {hasEnded, port} = this.#map.broker(nodeId)
      return hasEnded || port === 0 ? [] : {nodeId, port}
    })
  }

  coordinatorOf(groupId: string): GroupCoordinator | ErrorCode {
    return this.#groups.coordinatorOf(groupId)
  }

  coordinators(): readonly GroupCoordinator[] | ErrorCode {
    return this.#groups.coordinators()
  }

  findCoordinator(groupId: string, answer: (found: number | ErrorCode) => void): void {
    this.#groups.findCoordinator(groupId, answer)
  }
}
