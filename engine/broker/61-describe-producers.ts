import type {WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import {gather} from './gather.ts'
import type {Handler} from './handler.ts'
import {leadershipProblem} from './served-partition.ts'

type Topic = WireResponse<'DescribeProducers'>['topics'][number]
type Told = Topic['partitions'][number]

/** The producers that the logs know, by which they tell a retry. */
export const describeProducers: Handler<'DescribeProducers'> = ({desk}, {topics}, answer) => {
  gather<(typeof topics)[number], Topic>(
    topics,
    ({name, partitionIndexes}, told) =>
      gather<number, Told>(
        partitionIndexes,
        (partitionIndex, tell) => {
          const partition = desk.logs.partition({name, topicId: NO_UUID}, partitionIndex)
          const problem = typeof partition === 'string' ? partition : leadershipProblem(partition, -1)
          if (typeof partition === 'string' || problem !== undefined) {
            tell({partitionIndex, errorCode: problem!, activeProducers: []})
            return
          }
          desk.logs.producersOf(partition, found =>
            typeof found === 'string'
              ? tell({partitionIndex, errorCode: found, activeProducers: []})
              : tell({partitionIndex, errorCode: 'NONE', activeProducers: found}),
          )
        },
        partitions => told({name, partitions}),
      ),
    outcomes => answer({topics: outcomes}),
  )
}
