import type {Handler} from './handler.ts'
import {toldOutcome} from './told-outcome.ts'

/** Begins to move partitions to other brokers, or takes that back. */
export const alterPartitionReassignments: Handler<'AlterPartitionReassignments'> = ({desk, now}, asked, answer) => {
  const {topics, timeoutMs, allowReplicationFactorChange} = asked
  const refs = topics.flatMap(({name, partitions}) =>
    partitions.map(({partitionIndex, replicas}) => ({topic: name, partition: partitionIndex, replicas})),
  )
  // a client that wants as many replicas as there are is not to get another number of them
  const isChange = ({topic, partition, replicas}: (typeof refs)[number]): boolean => {
    const now = desk.admin.image.topicNamed(topic)?.partitions[partition]
    return now !== undefined && replicas !== null && replicas.length !== (now.original ?? now.replicas).length
  }
  const refused = new Set(allowReplicationFactorChange ? [] : refs.filter(isChange))
  const partitions = refs.filter(ref => !refused.has(ref))
  const request = {type: 'alterPartitionReassignments', partitions} as const
  desk.admin.ask(request, {nowMs: now.nowMs, timeoutMs}, outcome => {
    if (outcome.error !== undefined) {
      answer({allowReplicationFactorChange, errorCode: outcome.error, errorMessage: outcome.message, responses: []})
      return
    }
    let ref = 0
    let next = 0
    answer({
      ...{allowReplicationFactorChange, errorCode: 'NONE', errorMessage: null},
      responses: topics.map(({name, partitions: each}) => ({
        name,
        partitions: each.map(({partitionIndex}) => {
          if (refused.has(refs[ref++]!))
            return {
              partitionIndex,
              errorCode: 'INVALID_REPLICATION_FACTOR',
              errorMessage: 'the number of replicas would change',
            }
          return {partitionIndex, ...toldOutcome(outcome.result[next++]!)}
        }),
      })),
    })
  })
}
