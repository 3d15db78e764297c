import type {ClusterMap} from '../cluster/cluster-map.ts'
import {decodeLeadership, type Leadership, VERSION_LAPS} from '../cluster/leadership.ts'
import type {PartitionImage} from '../ensemble/metadata.ts'
import {REPLICAS_MAX} from '../limits.ts'
import type {MetadataImage} from './metadata-image.ts'

/** The word that says who leads a partition as the image has it. */
export function leadershipOf({slots, leader, isr, leaderEpoch, version}: PartitionImage): Leadership {
  return {
    leaderEpoch,
    version: version % VERSION_LAPS,
    leader: leader < 0 ? -1 : slots.indexOf(leader),
    isr: isr.reduce((bits, broker) => bits | (1 << slots.indexOf(broker)), 0),
    deleted: false,
  }
}

/**
 * Whether a word comes after the one that stands in the map. A deleted partition stays so; versions of one epoch are counted around a
 * circle, of which nobody lags behind by half.
 */
export function comesAfter(next: Leadership, standing: Leadership): boolean {
  if (standing.deleted) return false
  if (next.deleted) return true
  if (next.leaderEpoch !== standing.leaderEpoch) return next.leaderEpoch > standing.leaderEpoch
  const ahead = (next.version - standing.version + VERSION_LAPS) % VERSION_LAPS
  return ahead > 0 && ahead < VERSION_LAPS / 2
}

/**
 * Brings a row of the map to what the committed image says, and rings the threads that host a replica, and those that wait. Who publishes may have been
 * slow: where something newer stands already, that stays.
 */
export function publishRow(map: ClusterMap, image: MetadataImage, number: number): void {
  const partition = image.partitionAt(number)
  const row = map.row(number)
  for (;;) {
    const word = row.word
    const standing = decodeLeadership(word)
    const next = partition === undefined ? deletedAfter(standing) : leadershipOf(partition)
    // a row that was never published has a word of zeros, which the first one may equal in epoch and version
    if (word !== 0n && !comesAfter(next, standing)) return
    if (row.exchangeLeadership(word, next)) break
  }
  const slots = partition?.slots.length ?? REPLICAS_MAX
  for (let slot = 0; slot < slots; slot++) {
    const {host} = row.replica(slot)
    if (host >= 0) map.ringHost(host, number)
  }
  // those hosts ring who waits, but there may be none: of a topic that is deleted while its brokers are down
  map.ringWaiters(number)
}

function deletedAfter({leaderEpoch, version}: Leadership): Leadership {
  return {
    leaderEpoch: leaderEpoch + 1,
    version: (version + 1) % VERSION_LAPS,
    leader: -1,
    isr: 0,
    deleted: true,
  }
}
