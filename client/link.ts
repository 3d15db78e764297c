import type {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorCodeOf, errorNumber, OdradekError} from '../engine/errors.ts'
import type {Parking} from './parking.ts'

/** This thread's tie to the log: the shared words, its place among the threads, and where it waits. */
export interface Link {
  readonly map: LogMap
  readonly thread: number
  readonly parking: Parking
  /** Where the log lives, for messages. */
  readonly dir: string
  /** The error that ended the replica thread, for the one who heard it. */
  readonly deathCause: () => Error | undefined
}

/** Why the replica thread answers no more, or undefined while it does. */
export function linkGone(link: Link): OdradekError | undefined {
  const {map, dir} = link
  if (map.replicaDied) {
    const cause = link.deathCause()
    return new OdradekError(
      'REPLICA_CRASHED',
      `the replica thread of ${dir} died${cause === undefined ? '' : ` (${cause.message})`}; open the log again`,
      {cause},
    )
  }
  if (map.replica.state === STATE.closed)
    return new OdradekError('LOG_CLOSED', `${dir} was closed by the thread that opened it`)
  return undefined
}

/** Why nothing more will be synced, or undefined. */
export function syncProblem(link: Link): OdradekError | undefined {
  if (link.map.replica.state !== STATE.failed) return linkGone(link)
  return replicaFailure(link, errorNumber('KAFKA_STORAGE_ERROR'), 'a sync failed; open the log again')
}

/** What the replica thread answered with this number, in its own words; in `otherwise` where another failure has come since. */
export function replicaFailure(link: Link, number: number, otherwise: string): OdradekError {
  return new OdradekError(errorCodeOf(number), `${link.dir}: ${link.map.failure.readNote(number) ?? otherwise}`)
}
