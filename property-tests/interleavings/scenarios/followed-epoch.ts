import {NO_EPOCH, REPLICA_LINE_BYTES, ReplicaLine, STATE} from '../../../engine/cluster/replica-line.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
}

/** Follows epoch 1 up to 3 records, then epoch 2, in which its log was cut to 1. */
function follower({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  line.publishHost(4, true)
  line.publishFollowedEpoch(1)
  line.publishWrittenEnd(3)
  line.publishSyncedEnd(2)
  line.publishLastEpoch(1)
  must(line.lastEpoch === 1, 'an epoch is seen')
  line.publishCleaningFailure(7)
  must(line.cleaningFailure === 7, 'a failure is seen')
  line.leaveEpoch()
  line.resetEnds({writtenEnd: 1, syncedEnd: 1, highWatermark: 1, logStartOffset: 0})
  line.publishFollowedEpoch(2)
  line.wantSync(1)
  line.publishSyncedWatermark(1)
  line.publishState(STATE.running)
  must(line.state === STATE.running, 'a state is seen')
}

/** Counts an end as a leader does: the epoch, the end, the epoch again. */
function counter({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  let latest = NO_EPOCH
  for (let look = 0; look < 3; look++) {
    const state = line.state
    const syncedWatermark = line.syncedWatermark
    if (syncedWatermark === 1) must(line.wantedSyncEnd === 1, 'what is synced everywhere was wanted')
    const epoch = line.followedEpoch
    if (epoch > 0) must(line.host === 4 && line.hasArena, 'who follows has a host')
    const writtenEnd = line.writtenEnd
    const syncedEnd = line.syncedEnd
    const again = line.followedEpoch
    if (state === STATE.running) must(line.cleaningFailure === 7, 'what failed before is seen')
    if (state === STATE.running) must(syncedWatermark === 1 && epoch === 2, 'what was shown before is seen')
    if (syncedWatermark === 1) must(epoch === 2, 'what is synced everywhere belongs to the epoch')
    if (epoch !== NO_EPOCH) {
      must(epoch >= latest, 'an epoch that was left does not come back')
      latest = epoch
    }
    if (epoch !== again) continue
    if (epoch === 2)
      must(writtenEnd === 1 && syncedEnd === 1, 'what is counted was reached in the epoch it is counted for')
  }
}

/** A replica that changes sides, and a leader that looks how far it is. */
export const followedEpoch: Scenario<World> = {
  name: 'followed epoch',
  world: () => ({line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}),
  actors: [
    {name: 'follower', run: follower},
    {name: 'counter', run: counter},
  ],
  mortal: {follower: [], counter: []},
  check: ({line: memory}, dead) => {
    const line = new ReplicaLine(memory, 0)
    if (dead !== 'follower')
      must(
        line.followedEpoch === 2 && line.syncedWatermark === 1 && line.state === STATE.running,
        'the last word stands',
      )
  },
}

/** The leader of epoch 1, which wrote on, is deposed, and follows in epoch 2: what it had beyond is not counted for that. */
function deposed({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  line.publishFollowedEpoch(1)
  line.publishWrittenEnd(3)
  line.publishHighWatermark(3)
  line.publishLogStartOffset(1)
  line.publishSyncedWatermark(3)
  line.leaveEpoch()
  line.resetEnds({writtenEnd: 2, syncedEnd: 0, highWatermark: 2, logStartOffset: 1})
  line.publishHost(-1)
}

function onlooker({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  for (let look = 0; look < 2; look++) {
    const epoch = line.followedEpoch
    const highWatermark = line.highWatermark
    const writtenEnd = line.writtenEnd
    if (line.followedEpoch !== epoch || epoch !== 1) continue
    must(highWatermark === 0 || (highWatermark === 3 && writtenEnd === 3), 'in an epoch ends only grow')
  }
}

export const leftEpoch: Scenario<World> = {
  name: 'left epoch',
  world: () => ({line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}),
  actors: [
    {name: 'deposed', run: deposed},
    {name: 'onlooker', run: onlooker},
  ],
  mortal: {deposed: [], onlooker: []},
  check: ({line: memory}, dead) => {
    const line = new ReplicaLine(memory, 0)
    if (dead !== 'deposed') {
      must(line.followedEpoch === NO_EPOCH && line.writtenEnd === 2 && !line.hasArena, 'it has left')
      must(line.syncedWatermark === 0, 'what was synced everywhere is counted anew')
    }
  },
}
