import {LOG_MAP_BYTES, LogMap} from '../../../engine/cluster/log-map.ts'
import {STATE} from '../../../engine/cluster/replica-line.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly map: SharedArrayBuffer
  /** Who learned of the end, and how. */
  readonly heard: string[]
}

/** A thread that is attached and waits for an answer that will not come. */
function sender(nativeId: number): (world: World) => void {
  return ({map: memory, heard}) => {
    const map = new LogMap(memory)
    const thread = map.threads.claim(nativeId)
    const bell = map.threads.doorbell(thread)
    for (;;) {
      const seen = bell.count()
      if (map.replicaDied) {
        heard.push('died')
        return
      }
      if (map.replica.state === STATE.closed) {
        heard.push('closed')
        return
      }
      bell.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

/** Tells everybody: first what happened, then a ring for each that is attached. */
function tellAll(map: LogMap): void {
  for (let thread = 0; thread < 2; thread++) if (map.threads.isTaken(thread)) map.threads.doorbell(thread).ring(0)
}

/** The thread that opened the log hears that the replica thread died. */
function opener({map: memory}: World): void {
  const map = new LogMap(memory)
  map.publishReplicaDied()
  tellAll(map)
}

/** The replica thread closes the log. */
function replica({map: memory}: World): void {
  const map = new LogMap(memory)
  map.replica.publishState(STATE.running)
  map.replica.beat(1234.5)
  must(map.replica.beatMs === 1234, 'a beat is seen')
  map.replica.publishState(STATE.closed)
  tellAll(map)
}

function scenario(name: string, end: {name: string; run: (world: World) => void}, how: string): Scenario<World> {
  return {
    name,
    world: () => ({map: new SharedArrayBuffer(LOG_MAP_BYTES), heard: []}),
    actors: [{name: 'one', run: sender(7)}, {name: 'two', run: sender(8)}, end],
    mortal: {one: [], two: [], [end.name]: ['one', 'two']},
    check: ({heard}, dead) => {
      must(
        heard.every(word => word === how),
        'what is heard is what happened',
      )
      if (dead !== end.name) must(heard.length >= (dead === undefined ? 2 : 1), 'everybody hears of the end')
    },
  }
}

export const replicaDies = scenario('replica dies', {name: 'opener', run: opener}, 'died')
export const logCloses = scenario('log closes', {name: 'replica', run: replica}, 'closed')
