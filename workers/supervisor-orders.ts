import type {ListenOrder} from './listener/listen-order.ts'

/** What the thread that opened a cluster tells its supervisor. */
export type SupervisorOrder =
  | {readonly type: 'close'}
  /** End it at once, wherever it is; it stays down. */
  | {readonly type: 'kill'; readonly kind: 'coordinator' | 'broker'; readonly id: number}
  /** Have a broker hand over and close its logs; it stays down. */
  | {readonly type: 'stop'; readonly kind: 'broker'; readonly id: number}
  | {readonly type: 'start'; readonly kind: 'coordinator' | 'broker'; readonly id: number}
  /** Have all brokers listen for clients, or none any more: the first at the port, each other one a port further; anywhere with 0. */
  | {readonly type: 'listen'; readonly order: ListenOrder | undefined}

export type SupervisorReport =
  | {
      readonly type: 'ended'
      readonly kind: 'coordinator' | 'broker'
      readonly id: number
      readonly error: string | undefined
    }
  | {readonly type: 'closed'}
