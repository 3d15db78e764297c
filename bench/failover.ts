import {FAULTS, failOver} from './failover/subjects.ts'
import {bound} from './harness/bound.ts'
import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'

export const failover: Case = {
  name: 'failover',
  question: 'How long do writes pause when a leader fails?',
  method:
    'Three brokers, three coordinators, a topic of one partition with three replicas; a record is sent every millisecond, acknowledged by all in sync, and nobody waits for the one before. The leader’s thread dies of an error, its broker is killed, or both are stalled for longer than the session lasts (1 s). ' +
    'The pause is the time from the fault to the first acknowledgement by the next leader. The next fault comes when all replicas are in sync again. One round has 20 deaths of each kind (`--quick`: 8) and 4 stalls (1): its p99 is its worst. At the end of each round everything is read: every record that was sent is there, once, in order, at the offset it was acknowledged with.',
  async run(context) {
    const sessionTimeoutMs = context.scale.pick({full: 1000, quick: 1000, tiny: 150})
    const subjects = FAULTS.map(fault => failOver(fault, {sessionTimeoutMs, context}))
    context.progress('faults')
    const results = await measureRounds(subjects, context)
    const bounds = FAULTS.flatMap(({what, stalls}) =>
      stalls
        ? [bound(`${what}, p50`, 'ms', sessionTimeoutMs + 100), bound(`${what}, p99`, 'ms', sessionTimeoutMs + 100)]
        : [bound(`${what}, p50`, 'ms', 20), bound(`${what}, p99`, 'ms', 100)],
    )
    return compare({case: 'failover', level: 'written'}, [...results, ...bounds])
  },
}
