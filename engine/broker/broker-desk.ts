import type {GroupDesk} from './group-desk.ts'

/** A broker that listens. */
export interface ListeningBroker {
  readonly nodeId: number
  readonly port: number
}

/** What a broker has, for its handlers. */
export interface BrokerDesk extends GroupDesk {
  /** The brokers that run and listen now, this one among them. */
  listeningBrokers(): readonly ListeningBroker[]
}
