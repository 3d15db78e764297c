import type {AdminDesk} from './admin-desk.ts'
import type {GroupDesk} from './group-desk.ts'
import type {LogDesk} from './log-desk.ts'

/** A broker that listens. */
export interface ListeningBroker {
  readonly nodeId: number
  readonly port: number
}

/** What a broker has, for its handlers. */
export interface BrokerDesk extends GroupDesk {
  readonly logs: LogDesk
  readonly admin: AdminDesk
  /** The brokers that run and listen now, this one among them. */
  listeningBrokers(): readonly ListeningBroker[]
}
