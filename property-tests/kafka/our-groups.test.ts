/** Kafka's own decoder reads what our groups have committed, and who is in them. */
import {readdirSync} from 'node:fs'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {joinGroup} from '../groups/join-group.ts'
import {skip} from '../runner/skip.ts'
import {dumpLogSegments} from './dump-log-segments.ts'
import {kafkaJars} from './kafka-jars.ts'

const test = suite('records of our groups')
const jars = await kafkaJars()

/** A group that has committed, and one that was deleted; the files of its partitions. */
async function writeGroups(dir: string): Promise<string[]> {
  await using cluster = await openCluster({dir, brokers: 1})
  await cluster.admin.createTopics([{name: 'orders', numPartitions: 2}])
  const {join} = await joinGroup(cluster, 'g')
  const {memberId, generationId: generationIdOrMemberEpoch} = join
  const partitions = [{partitionIndex: 1, committedOffset: 77, committedLeaderEpoch: 3, committedMetadata: 'ü'}]
  const topics = [{name: 'orders', partitions}]
  await cluster.groups.request('OffsetCommit', {groupId: 'g', memberId, generationIdOrMemberEpoch, topics})
  await cluster.groups.request('OffsetCommit', {groupId: 'gone', topics})
  await cluster.groups.request('DeleteGroups', {groupsNames: ['gone']})
  await cluster.close()
  const broker = `${dir}/broker-1`
  const directories = readdirSync(broker).filter(name => name.startsWith('__consumer_offsets-'))
  return directories.flatMap(name =>
    readdirSync(`${broker}/${name}`)
      .filter(file => file.endsWith('.log'))
      .map(file => `${broker}/${name}/${file}`),
  )
}

if ('missing' in jars) {
  skip(test, 'Kafka reads records of our groups', jars.missing)
} else {
  test('members, parts and offsets, and tombstones of what is gone', async () => {
    const dump = await dumpLogSegments(await writeGroups(tempDir()), {deep: true, decode: 'offsets'})
    assert.equal([dump.complaints, dump.unread], [[], []])
    const lines = dump.output.split('\n').filter(line => line.startsWith('| offset: '))
    const find = (...words: string[]): string | undefined =>
      lines.find(line => words.every(word => line.includes(word)))
    const offset = find('"group":"g"', '"topic":"orders","partition":1', '"version":"4"')
    assert.match(offset ?? '', '"offset":77,"leaderEpoch":3,"metadata":"ü"')
    const group = find('"group":"g"', '"version":"3"')
    assert.match(group ?? '', '"protocolType":"consumer","generation":1,"protocol":"range"')
    assert.match(group ?? '', '"rebalanceTimeout":10000,"sessionTimeout":10000')
    assert.ok(find('"group":"gone"', '"topic":"orders"', '"version":"4"'), dump.output)
    assert.ok(find('"topic":"orders","partition":1', '"group":"gone"', 'payload: <DELETE>'), dump.output)
    assert.ok(find('key: {"type":"2","data":{"group":"gone"}}', 'payload: <DELETE>'), dump.output)
  })
}

test.run()
