/**
 * Messages between the threads of a cluster, for control only: nothing a record passes by. Delivered in the order sent, at
 * most once; who sends a request asks again when no answer comes. A letter is structured-cloneable.
 */

/** `coordinator-1`, `broker-2`, `host-17`, `client-<id>`; or everybody of a kind. */
export type Address = string

export const EVERY = {coordinator: 'coordinators', broker: 'brokers', client: 'clients'} as const

export interface Letter<Body = unknown> {
  readonly from: Address
  readonly to: Address
  readonly body: Body
}

/** A thread's way to send, and what came for it since it last looked. */
export interface Mailbox {
  readonly address: Address
  send(to: Address, body: unknown): void
  /** The oldest letter for this address, or for everybody of its kind, that was not taken yet. */
  receive(): Letter | undefined
}
