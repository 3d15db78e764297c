import type {Admin, Kafka} from '../../doors/kafkajs.ts'
import {Failure} from '../failure.ts'
import {countText} from '../text.ts'
import type {Committed} from './committed.ts'

/** A broker keeps a request for records so long, and the end waits for it. */
const FETCH_WAIT_MS = 100

/**
 * Commits offsets for a group without members, as one that joins it for a moment and reads nothing. An admin's `setOffsets` does the same, and waits for five
 * seconds of it.
 */
export async function commitFor(
  kafka: Kafka,
  admin: Admin,
  groupId: string,
  offsets: readonly Committed[],
): Promise<void> {
  const {groups} = await admin.describeGroups([groupId])
  const {state, members} = groups[0]!
  if (members.length > 0)
    throw new Failure(
      `group ${groupId} has ${countText(members.length, 'member')} now (${state}); its offsets are set while it has none`,
    )
  const consumer = kafka.consumer({groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: FETCH_WAIT_MS})
  await consumer.connect()
  try {
    await consumer.subscribe({topics: [...new Set(offsets.map(({topic}) => topic))]})
    const crashed = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({payload}) => reject(payload.error))
    })
    const joined = new Promise<void>(resolve => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve())
    })
    // it is to have returned before it is told to stop: kafkajs does not hear that while it starts
    const running = consumer.run({autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {}})
    await Promise.race([Promise.all([running, joined]), crashed])
    await consumer.commitOffsets(
      offsets.map(({topic, partition, offset}) => ({topic, partition, offset: String(offset)})),
    )
  } finally {
    await consumer.disconnect()
  }
}
