import {REPLICA_LINE_BYTES, ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
}

const FIRST = 5
const SECOND = 7
const LOOKS = 3

/** Finds bytes that fail their check at one offset, then at another, and waits each time until the replica has looked. */
function reader({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  for (const offset of [FIRST, SECOND]) {
    line.doubt(offset)
    for (let look = 0; look < LOOKS; look++) {
      if (line.doubtedAt === offset) continue
      must(line.damagedAt === offset, 'what the replica has found is there once it has looked')
      break
    }
  }
}

/** Looks where somebody is in doubt, and finds that it is so. */
function replica({line: memory}: World): void {
  const line = new ReplicaLine(memory, 0)
  for (let look = 0; look < LOOKS; look++) {
    const offset = line.doubtedAt
    if (offset < 0) continue
    line.publishDamagedAt(offset)
    line.endDoubt(offset)
    must(line.doubtedAt !== offset, 'a doubt ends')
  }
}

export const doubt: Scenario<World> = {
  name: 'doubt',
  world: () => ({line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}),
  actors: [
    {name: 'reader', run: reader},
    {name: 'replica', run: replica},
  ],
  mortal: {reader: [], replica: []},
  check: ({line: memory}, dead) => {
    const line = new ReplicaLine(memory, 0)
    if (dead === undefined)
      must(line.doubtedAt === SECOND || line.damagedAt === SECOND, 'no doubt is lost before the replica has looked')
  },
}
