import {openCluster} from '../index.ts'
import {bytesPayload} from './append/payload.ts'
import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {OURS} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Row} from './harness/row.ts'
import {ackOpenLoop, appendReplicated} from './replicate/subjects.ts'

const MIB = 1024 * 1024
const ONE = 'odradek, one replica'
const PER_SECOND = 10_000

export const replicate: Case = {
  name: 'replicate',
  question: 'What do three replicas cost, against one?',
  method:
    'One cluster of three brokers, a topic of one partition for each round, with three replicas or with one; acknowledged by all of them. Records of 1 KiB, appended in a loop as in `append`, until the last one ' +
    'is acknowledged; three replicas write every byte three times. The acknowledgements: records of 100 B sent at planned times, 10 000 a second, each with a promise of its own; an age counts from the planned time, and the first half of them is not looked at. Read back and compared every round, and every replica ends where the leader does.',
  async run(context) {
    const {pick} = context.scale
    const payload = bytesPayload('1 KiB', 1024)
    const amount = {
      before: Math.floor(pick({full: 64 * MIB, quick: 32 * MIB, tiny: 0}) / payload.recordBytes),
      count: Math.floor(pick({full: 256 * MIB, quick: 96 * MIB, tiny: MIB / 4}) / payload.recordBytes),
    }
    const count = Math.round(PER_SECOND * pick({full: 4, quick: 2, tiny: 0.01}))
    const rows: Row[] = []
    for (const level of ['written', 'synced'] as const) {
      context.progress(level)
      const results = await context.scratch.use(async dir => {
        const cluster = await openCluster({dir, brokers: 3, durability: level})
        try {
          return await measureRounds(
            [
              appendReplicated(OURS, {cluster, payload, amount, replicas: 3, level}),
              appendReplicated(ONE, {cluster, payload, amount, replicas: 1, level}),
              ackOpenLoop(OURS, {cluster, load: {perSecond: PER_SECOND, count}, replicas: 3, level}),
              ackOpenLoop(ONE, {cluster, load: {perSecond: PER_SECOND, count}, replicas: 1, level}),
            ],
            context,
          )
        } finally {
          await cluster.close()
        }
      })
      rows.push(...compare({case: 'replicate', level}, results))
    }
    return rows
  },
}
