import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import type {AdminRequest} from '../engine/coordinator/requests.ts'
import type {ErrorCode} from '../engine/errors.ts'
import type {GroupAsk} from '../engine/group/group-letters.ts'
import type {KnownProducer} from '../engine/log/producer-states.ts'
import type {CompactionAsk} from './compactions.ts'
import type {ListenFailed, ListenOrder} from './listener/listen-order.ts'

/** What a client asks of a broker: what goes on to the coordinators, or where a topic is. */
export type ClientRequest =
  | AdminRequest
  /** A topic, once this partition of it, or each, has a leader that serves; made where it is missing and topics are made on demand. */
  | {readonly type: 'topic'; readonly name: string; readonly create: boolean; readonly partition?: number | undefined}

/** `id` comes back with the answer; asked again, of whichever broker, it is the same. After `deadlineMs` nobody waits for it. */
export interface Ask {
  readonly type: 'ask'
  readonly id: number
  readonly deadlineMs: number
  readonly request: ClientRequest
}

/** Letters to a broker, beside those of coordinators. */
export type BrokerLetter =
  | Ask
  | GroupAsk
  /** A client tells that it is there, or goes. */
  | {
      readonly type: 'hello'
      readonly id: string
      readonly place: number
      readonly thread: number
      readonly gone: boolean
    }
  /** Of a host: where its logs start has changed, and is to be written down; it hears of that with the same number. */
  | {readonly type: 'checkpoint'; readonly host: number; readonly number: number}
  /** Of a host: a partition has a directory now, or has it no more, which is to be on record soon. */
  | {readonly type: 'directoryChanged'}
  /** Of a host, in that life of it: there is something to compact; it hears of that with the same number. */
  | ({readonly type: 'clean'; readonly incarnation: number; readonly number: number} & CompactionAsk)
  /** Of a host: a log is compacted so far. */
  | {readonly type: 'compacted'; readonly row: number; readonly cleanedEnd: number}
  /** Of a host: the producers that a log knows; missing where it has no such log. */
  | {readonly type: 'producers'; readonly id: number; readonly producers: readonly KnownProducer[] | undefined}
  | {readonly type: 'close'}
  /** Listen for clients, or no more. Told again, it is the same. */
  | {readonly type: 'listen'; readonly order: ListenOrder | undefined}
  | {readonly type: 'stall'; readonly ms: number}
  /** What the disk under the broker and its hosts shall do. */
  | ({readonly type: 'disk'} & DiskFaultOrder)

/** Letters to a client. */
export type ClientLetter =
  | {readonly type: 'told'; readonly id: number; readonly result: unknown}
  | {readonly type: 'told'; readonly id: number; readonly error: ErrorCode; readonly message: string}
  | {readonly type: 'events'; readonly events: readonly ClusterEventAt[]}
  | ListenFailed

/** An event, with the offset of the change it tells of. */
export interface ClusterEventAt {
  readonly offset: number
  readonly event: ClusterEvent
}

/** What happened in a cluster, for those who watch it. */
export type ClusterEvent =
  | {readonly type: 'broker.up'; readonly broker: number}
  | {readonly type: 'broker.down'; readonly broker: number; readonly reason: string}
  | {readonly type: 'topic.created'; readonly topic: string; readonly partitions: number}
  | {readonly type: 'topic.deleted'; readonly topic: string}
  | {readonly type: 'topic.configured'; readonly topic: string}
  | {
      readonly type: 'leader.changed'
      readonly topic: string
      readonly partition: number
      /** -1 where nobody leads. */
      readonly leader: number
      readonly leaderEpoch: number
    }
  | {readonly type: 'isr.changed'; readonly topic: string; readonly partition: number; readonly isr: readonly number[]}
  | {readonly type: 'coordinator.changed'; readonly holder: number; readonly epoch: number}
