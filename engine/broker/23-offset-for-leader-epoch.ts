import {NO_UUID} from '../wire/field.ts'
import {endOfEpoch} from './epoch-end.ts'
import type {Handler} from './handler.ts'
import {leadershipProblem} from './served-partition.ts'

/** Where a leader epoch ends in the leader's log: from there on a consumer's offset may be of a log that was cut. */
export const offsetForLeaderEpoch: Handler<'OffsetForLeaderEpoch'> = ({desk}, {topics}, answer) => {
  answer({
    topics: topics.map(({topic, partitions}) => ({
      topic,
      partitions: partitions.map(({partition: index, currentLeaderEpoch, leaderEpoch}) => {
        const partition = desk.logs.partition({name: topic, topicId: NO_UUID}, index)
        const wrong = typeof partition === 'string' ? partition : leadershipProblem(partition, currentLeaderEpoch)
        if (typeof partition === 'string' || wrong !== undefined)
          return {errorCode: wrong!, partition: index, leaderEpoch: -1, endOffset: -1}
        const {epoch, endOffset} = endOfEpoch(desk.logs.epochsOf(partition), leaderEpoch)
        return {errorCode: 'NONE', partition: index, leaderEpoch: epoch, endOffset}
      }),
    })),
  })
}
