import {mock} from 'node:test'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Commits} from './commits.ts'
import type {GroupShare} from './group-share.ts'
import type {RunHome} from './run-home.ts'
import type {ConsumerRunConfig} from './types.ts'

test.before.each(() => mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000}))
test.after.each(() => mock.timers.reset())

/** A member with one partition, and what it has committed. */
function member(config: ConsumerRunConfig = {}, answers = true) {
  const told: number[] = []
  const partition = {topic: 't', partition: 0, resolved: 0, committed: 0, isUncommitted: false}
  Object.defineProperty(partition, 'isUncommitted', {get: () => partition.resolved !== partition.committed})
  const membership = {
    generationId: 1,
    commit: async (offsets: {offset: number}[], signal: AbortSignal) => {
      signal.throwIfAborted()
      told.push(offsets[0]!.offset)
      if (answers) return
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  const logger = {warn() {}}
  const home = {config, membership, logger, instrumentation: {wants: () => false}, groupId: 'g'} as unknown as RunHome
  const share = {partitions: [partition], find: () => partition} as unknown as GroupShare
  const failed: string[] = []
  const commits = new Commits(home, share, error => void failed.push(error.message))
  const handle = async (offset: number): Promise<void> => {
    partition.resolved = offset
    commits.commitSoon()
    await turns()
  }
  return {told, failed, commits, handle}
}

/** Whatever can go on without the clock has gone on. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('what is handled is committed at once, and then once in a while', async () => {
  const {told, failed, handle} = member()
  for (const offset of [1, 2, 3]) await handle(offset)
  assert.equal(told, [1])
  mock.timers.tick(10)
  await turns()
  assert.equal(told, [1, 3])
  mock.timers.tick(1000)
  await handle(4)
  assert.equal(told, [1, 3, 4], 'after a while it does not wait')
  assert.equal(failed, [])
})

test('a look at which there is nothing to commit is not the last one', async () => {
  const {told, handle} = member()
  await handle(1)
  mock.timers.tick(1000)
  await turns()
  // as after a seek to what is committed
  await handle(1)
  await handle(2)
  assert.equal(told, [1, 2])
})

test('a clock that is set back does not hold up commits', async () => {
  const {told, handle} = member()
  await handle(1)
  mock.timers.reset()
  mock.timers.enable({apis: ['setTimeout', 'Date'], now: 0})
  await handle(2)
  mock.timers.tick(10)
  await turns()
  assert.equal(told, [1, 2])
})

test('who leaves, and who has handled as many as the program says, does not wait for the pause', async () => {
  const leaving = member()
  for (const offset of [1, 2]) await leaving.handle(offset)
  await leaving.commits.commitBeforeLeaving()
  assert.equal(leaving.told, [1, 2])
  const {told, handle} = member({autoCommitThreshold: 5})
  for (const offset of [1, 2, 6]) await handle(offset)
  assert.equal(told, [1, 6])
})

test('who leaves waits within a bound for a coordinator that does not answer, and asks nothing more of it', async () => {
  const {told, failed, commits, handle} = member({}, false)
  for (const offset of [1, 2]) await handle(offset)
  let hasLeft = false
  const leaving = commits.leave(5000).then(() => {
    hasLeft = true
  })
  mock.timers.tick(4999)
  await turns()
  assert.is(hasLeft, false)
  mock.timers.tick(1)
  await turns()
  assert.is(hasLeft, true)
  await leaving
  await commits.commit([{topic: 't', partition: 0, offset: 2}])
  assert.equal([told, failed], [[1], ['The consumer was stopped']])
})

test.run()
