import type {Address} from './mail.ts'
import type {ThreadSlots} from './thread-slots.ts'

/** A thread of this process that is, or was, in a group. */
export interface MemberThread {
  /** Start of the cluster in which it joined. */
  readonly start: string
  readonly place: number
  /** The system's id of it, 0 where unknown. */
  readonly thread: number
  /** Where letters reach it. */
  readonly address: Address
}

/**
 * What stands in a group for the host of a member that is a thread of this process: whoever coordinates the group after this broker has to find that
 * thread, or to know that it has ended.
 */
export function memberHost({start, place, thread, address}: MemberThread): string {
  return `/${start}/${place}/${thread}/${address}`
}

/** Undefined for a member that came from elsewhere. */
export function memberThread(clientHost: string): MemberThread | undefined {
  const match = /^\/([^/]+)\/(\d+)\/(\d+)\/(client-[^/]+)$/.exec(clientHost)
  if (match === null) return undefined
  return {start: match[1]!, place: Number(match[2]), thread: Number(match[3]), address: match[4]!}
}

export function hasThreadEnded(
  {start, place, thread}: MemberThread,
  now: {readonly start: string; readonly threads: ThreadSlots; readonly isAlive: (thread: number) => boolean},
): boolean {
  const {threads} = now
  return start !== now.start || !threads.isTaken(place) || threads.nativeId(place) !== thread || !now.isAlive(thread)
}
