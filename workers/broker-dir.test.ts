import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import type {OdradekError} from '../engine/errors.ts'
import {CHECKPOINT} from '../engine/log/offset-checkpoint.ts'
import {ensureTopicId} from '../engine/log/partition-metadata.ts'
import {MemoryDisk} from '../property-tests/simulation/memory-disk.ts'
import {BrokerDir, type OwnReplica} from './broker-dir.ts'

const PATH = '/broker-1'
const CLEAN = '.kafka_cleanshutdown'
const ID = Buffer.alloc(16, 7)
const OTHER_ID = Buffer.alloc(16, 8)

function open(disk: MemoryDisk, owner: {clusterId?: string; nodeId?: number} = {}): BrokerDir {
  const randomBytes = (length: number) => new Uint8Array(length).fill(5)
  return new BrokerDir(disk, PATH, {clusterId: 'cluster', nodeId: 1, randomBytes, ...owner})
}

function partition(disk: MemoryDisk, name: string, id = ID): void {
  disk.makeDirectory(`${PATH}/${name}`)
  ensureTopicId(disk, `${PATH}/${name}`, () => id)
}

const hexOf = (id: Buffer): string => id.toString('hex')
const textOf = (id: Buffer): string => id.toString('base64url')
const replica = (topic: string, row: number): OwnReplica => ({topic, partition: 0, row, slot: 0})
const names = (disk: MemoryDisk, path = PATH): string[] => (disk.list(path) ?? []).map(({name}) => name).sort()

test('a new dir gets a name; the same broker finds it again, another one is refused', () => {
  const disk = new MemoryDisk()
  const first = open(disk)
  assert.not(first.wasThere)
  const again = open(disk)
  assert.ok(again.wasThere)
  assert.equal(again.identity, first.identity)
  for (const owner of [{clusterId: 'other'}, {nodeId: 2}])
    assert.throws(
      () => open(disk, owner),
      (error: OdradekError) => error.code === 'FOREIGN_DIR',
    )
})

test('a topic is found where all of its partitions from 0 on are there', () => {
  const disk = new MemoryDisk()
  const dir = open(disk)
  for (const name of ['a-0', 'a-1', 'with-dash-0']) partition(disk, name)
  partition(disk, 'with-dash-0')
  partition(disk, 'gap-1', OTHER_ID)
  // neither is a partition's: no number, no id, a file
  disk.makeDirectory(`${PATH}/odd`)
  disk.makeDirectory(`${PATH}/nameless-0`)
  disk.put(`${PATH}/file-0`, new Uint8Array(1))
  assert.equal(
    dir.found().map(({name, partitions}) => [name, partitions]),
    [['a', 2]],
  )
})

test('what is left of partitions that were being deleted goes', () => {
  const disk = new MemoryDisk()
  open(disk)
  partition(disk, 'a-0')
  disk.makeDirectory(`${PATH}/b-0.0123456789abcdef0123456789abcdef-delete`)
  disk.put(`${PATH}/b-0.0123456789abcdef0123456789abcdef-delete/file`, new Uint8Array(1))
  disk.put(`${PATH}/c-delete`, new Uint8Array(1))
  open(disk)
  assert.equal(
    names(disk).filter(name => /^[abc]-/.test(name)),
    ['a-0', 'c-delete'],
  )
})

test('partitions that are not this broker’s any more are put aside', () => {
  const disk = new MemoryDisk()
  const dir = open(disk)
  partition(disk, 'a-0')
  partition(disk, 'a-1')
  partition(disk, 'b-0', OTHER_ID)
  dir.putStraysAside((topic, number) => topic === 'a' && number === 1, '/quarantine')
  assert.equal(
    names(disk).filter(name => /^[ab]-/.test(name)),
    ['a-1'],
  )
  assert.equal(names(disk, '/quarantine'), [`a-0.${hexOf(ID)}-stray`, `b-0.${hexOf(OTHER_ID)}-stray`].sort())
})

test('checkpoints tell how far replicas have come; a clean shutdown counts once, and for those that have a recovery point', () => {
  const disk = new MemoryDisk()
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  map.growTo(3)
  const [full, empty, deleted] = ['full', 'empty', 'deleted'].map((topic, row) => replica(topic, row))
  const line = (row: number) => map.row(row).replica(0)
  line(0).publishWrittenEnd(9)
  line(0).publishSyncedEnd(7)
  line(0).publishHighWatermark(8)
  line(2).publishWrittenEnd(4)
  line(2).publishLogStartOffset(4)
  const first = open(disk)
  const nothing = {wasThere: false, clean: false, recoveryPoint: 0, logStartOffset: 0, cleanedEnd: 0, highWatermark: 0}
  assert.equal(first.recoveryOf('full', 0), nothing)
  first.checkpoint(map, [full!, empty!, deleted!])
  // what was written down is known at once where it is of the recovery point
  assert.is(first.recoveryOf('full', 0).recoveryPoint, 7)
  for (const row of [0, 1]) line(row).publishState(STATE.closed)
  line(2).publishState(STATE.failed)
  first.markCleanShutdown(map, [full!, empty!, deleted!])
  // a log of which its host does not say that it is closed
  assert.not(names(disk).includes(CLEAN))
  line(2).publishState(STATE.closed)
  first.markCleanShutdown(map, [full!, empty!, deleted!])

  const second = open(disk)
  assert.equal(second.recoveryOf('full', 0), {
    wasThere: true,
    clean: true,
    recoveryPoint: 7,
    logStartOffset: 0,
    cleanedEnd: 0,
    highWatermark: 8,
  })
  assert.equal(second.recoveryOf('deleted', 0), {
    wasThere: true,
    clean: true,
    recoveryPoint: 0,
    logStartOffset: 4,
    cleanedEnd: 0,
    highWatermark: 0,
  })
  assert.equal([second.recoveryOf('empty', 0), second.recoveryOf('full', 1)], [nothing, nothing])

  // whoever closes before it has opened them, after an end without that word, says nothing
  open(disk).markCleanShutdown(map, [empty!])
  const third = open(disk)
  assert.not(third.recoveryOf('full', 0).clean)
  assert.is(third.recoveryOf('full', 0).highWatermark, 0)
  // no directory says that it was another topic's: then this one's is lost
  third.forgetOthers({topic: 'full', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isNew: false})
  assert.ok(third.recoveryOf('full', 0).wasThere)
  // of what is not named nothing new is known; it may not have been opened yet
  third.checkpoint(map, [deleted!])
  assert.is(open(disk).recoveryOf('full', 0).recoveryPoint, 7)
  third.forget('full', 0)
  assert.ok(third.isStale('full', 0) && third.hasStale)
  third.checkpoint(map, [deleted!])
  assert.not(third.isStale('full', 0) || third.hasStale)
  const fourth = open(disk)
  assert.equal(fourth.recoveryOf('full', 0), nothing)
  assert.is(fourth.recoveryOf('deleted', 0).logStartOffset, 4)
  assert.ok(names(disk).includes(CHECKPOINT.logStart))
})

test('what checkpoints say of a partition that went, or of another topic of its name, is forgotten', () => {
  const disk = new MemoryDisk()
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  map.growTo(1)
  map.row(0).replica(0).publishWrittenEnd(5)
  open(disk)
  partition(disk, 'here-0')
  const names = ['here', 'gone', 'dropped'] as const
  const known = (): string[] => {
    const dir = open(disk)
    dir.checkpoint(
      map,
      names.map(name => replica(name, 0)),
    )
    dir.forget('dropped', 0)
    for (const [topic, topicId, isNew = false] of cases) dir.forgetOthers({topic, partition: 0, topicId, isNew})
    return names.filter(name => dir.recoveryOf(name, 0).wasThere)
  }
  let cases: readonly (readonly [topic: string, topicId: string, isNew?: boolean])[] = []
  assert.equal(known(), ['here', 'gone'])
  cases = [
    ['here', textOf(ID)],
    // its directory is missing: that is a loss, and is not forgotten
    ['gone', textOf(ID)],
    ['never', textOf(ID)],
  ]
  assert.equal(known(), ['here', 'gone'])
  cases = [['here', textOf(OTHER_ID)]]
  assert.equal(known(), ['gone'])
  // of a topic that nobody has led yet nothing can have been lost
  cases = [['gone', textOf(ID), true]]
  assert.equal(known(), ['here'])
})

test('what checkpoints say of an earlier topic is forgotten, and of partitions that are not this broker’s', () => {
  const disk = new MemoryDisk()
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  map.growTo(3)
  const topics = ['same', 'other', 'stray'].map((topic, row) => replica(topic, row))
  for (const row of [0, 1, 2]) map.row(row).replica(0).publishWrittenEnd(9)
  for (const row of [0, 1, 2]) map.row(row).replica(0).publishSyncedEnd(7)
  const dir = open(disk)
  dir.checkpoint(map, topics)
  partition(disk, 'same-0')
  partition(disk, 'other-0', OTHER_ID)
  for (const topic of ['same', 'other']) dir.forgetOthers({topic, partition: 0, topicId: textOf(ID), isNew: false})
  dir.putStraysAside(topic => topic !== 'stray', '/quarantine')
  assert.equal(
    ['same', 'other', 'stray'].map(topic => dir.recoveryOf(topic, 0).recoveryPoint),
    [7, 0, 0],
  )
})

test.run()
