import {Follower} from './follower.ts'
import type {OtherReplicas} from './other-replicas.ts'
import type {ReplicaWorld} from './replica-world.ts'
import type {ShownLog} from './shown-log.ts'
import type {TakenLeadership} from './taken-leadership.ts'

/**
 * A new leader takes over what the most advanced replica has written beyond its own end: it lies in that one's files, whatever became
 * of its thread. Nothing committed can be missing from its log, so whatever cannot be read was promised to nobody but by acks=1. The
 * greatest high watermark and log start that anybody shows are its own from then on.
 * False where the leadership changed meanwhile: then somebody else may be writing what it takes over.
 */
export function takeOver(
  {world, taken, log, others}: {world: ReplicaWorld; taken: TakenLeadership; log: ShownLog; others: OtherReplicas},
  nowMs: number,
): boolean {
  const counts = (): boolean => taken.stands
  const best = others.mostAdvanced({lastEpoch: log.lastEpoch, end: log.endOffset})
  if (best >= 0) {
    const adoption = new Follower(world.peer(best), log)
    try {
      adoption.adopt(others.line(best).writtenEnd, nowMs, counts)
    } finally {
      adoption.close()
    }
    if (!counts()) return false
  }
  let {highWatermark} = log
  let logStartOffset = 0
  for (const line of others.lines) {
    highWatermark = Math.max(highWatermark, line.highWatermark)
    logStartOffset = Math.max(logStartOffset, line.logStartOffset)
  }
  log.moveHighWatermark(Math.min(highWatermark, log.endOffset))
  log.followLogStart(Math.min(logStartOffset, log.highWatermark))
  return true
}
