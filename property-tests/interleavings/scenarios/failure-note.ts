import {FAILURE_NOTE_BYTES, FailureNote} from '../../../engine/cluster/failure-note.ts'
import {REPLICA_LINE_BYTES, ReplicaLine, STATE} from '../../../engine/cluster/replica-line.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly note: SharedArrayBuffer
  readonly line: SharedArrayBuffer
}

const FIRST = 1
const SECOND = 2
const EARLIER = 3
const TEXTS: Readonly<Record<number, string>> = {[EARLIER]: 'c', [FIRST]: 'aa', [SECOND]: 'bbbb'}

/** Fails twice, each time with a note before the answer, and has done so before anybody asks. */
function failingReplica({note: memory, line: lineMemory}: World): void {
  const note = new FailureNote(memory, 0)
  const line = new ReplicaLine(lineMemory, 0)
  note.writeNote(EARLIER, TEXTS[EARLIER]!)
  note.writeNote(FIRST, TEXTS[FIRST]!)
  line.publishState(STATE.running)
  note.writeNote(SECOND, TEXTS[SECOND]!)
  line.publishState(STATE.failed)
}

/** Was answered with an error's number, and asks for the words. */
function askingSender({note: memory, line: lineMemory}: World): void {
  const note = new FailureNote(memory, 0)
  const line = new ReplicaLine(lineMemory, 0)
  for (let looks = 0; looks < 3; looks++) {
    const {state} = line
    for (const number of [FIRST, SECOND]) {
      const text = note.readNote(number)
      must(text === undefined || text === TEXTS[number], 'a text is whole, and that of its number')
      must(
        number !== SECOND || state !== STATE.failed || text !== undefined,
        'what was noted before the answer is there',
      )
    }
  }
}

export const failureNote: Scenario<World> = {
  name: 'failure note',
  world: () => ({note: new SharedArrayBuffer(FAILURE_NOTE_BYTES), line: new SharedArrayBuffer(REPLICA_LINE_BYTES)}),
  actors: [
    {name: 'replica', run: failingReplica},
    {name: 'sender', run: askingSender},
  ],
  mortal: {replica: [], sender: []},
  check: () => {},
}
