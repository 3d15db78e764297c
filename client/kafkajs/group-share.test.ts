import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Partition} from '../partition.ts'
import {GroupShare} from './group-share.ts'
import type {RunHome} from './run-home.ts'

test('a partition that is opened only when its consumer has stopped is closed again', async () => {
  for (const opensLate of [true, false]) {
    let opens!: (door: Partition) => void
    let tells!: (offsets: number[]) => void
    let joins = 0
    let closed = 0
    const door = {topic: 't', partition: 0, close: async () => void closed++} as Partition
    const opening = new Promise<Partition>(resolve => {
      opens = resolve
    })
    const committed = new Promise<number[]>(resolve => {
      tells = resolve
    })
    const membership = {join: async () => [{topic: 't', partitions: [0]}], committed: () => committed}
    const home = {
      ...{membership, groupId: 'g', topics: new Map([['t', true]]), cluster: {openPartition: () => opening}},
      ...{instrumentation: {emit: () => joins++}, logger: {info() {}}},
    } as unknown as RunHome
    const share = new GroupShare(home, {ring() {}, beforeJoining: async () => {}, inDoubt() {}})
    const joining = share.join(new AbortController().signal).catch(error => error.message)
    const turn = () => new Promise(setImmediate)
    await turn()
    if (!opensLate) opens(door)
    await turn()
    await share.close()
    opens(door)
    tells([0])
    assert.is(await joining, 'The consumer was stopped')
    assert.equal([closed, joins, share.partitions], [1, 0, []])
  }
})

test('who has joined and could not open all it was dealt joins again', async () => {
  const asked: unknown[] = []
  const cluster = {
    async openPartition(...args: unknown[]) {
      asked.push(args)
      throw new Error('not now')
    },
  }
  const membership = {join: async () => [{topic: 't', partitions: [0]}], committed: async () => [0]}
  const home = {membership, groupId: 'g', topics: new Map([['t', true]]), cluster} as unknown as RunHome
  const share = new GroupShare(home, {ring() {}, beforeJoining: async () => {}, inDoubt() {}})
  const failed = await share.join(new AbortController().signal).catch(error => error.message)
  assert.equal([failed, share.mustJoin, asked], ['not now', true, [['t', 0, false]]])
})

test.run()
