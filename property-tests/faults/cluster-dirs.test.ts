/**
 * Dirs of a stopped broker that are lost, emptied or have a wrong bit: when it starts again its replicas are repaired from the others, what
 * was damaged is put aside, and nothing acknowledged is lost. One after the other, so that every broker has its turn: a rolling restart.
 * Older bytes that go wrong are met by readers, and repaired likewise.
 *
 *   RUNS=200 SEED=7               rounds, and where chance starts
 *   FAULTS='wrong bit'            only these, with commas between them
 */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {healed, LoadedPartition, total} from './cluster-load.ts'

const {count, seed} = tries(8)
const OPTIONS = {
  brokers: 3,
  sessionTimeoutMs: 400,
  topicConfigs: {'min.insync.replicas': 2, 'segment.bytes': 1024 * 1024},
}

async function isDown(cluster: Cluster, broker: number): Promise<void> {
  const endMs = performance.now() + 5000
  while (cluster.metrics().brokers[broker - 1]!.state !== 'down') {
    assert.ok(performance.now() < endMs, `broker ${broker} does not stop`)
    await setTimeout(5)
  }
}

/** The files of a partition's log below `end`, as one. */
function bytesOf(dir: string): Buffer {
  const names = fs
    .readdirSync(dir)
    .filter(name => name.endsWith('.log'))
    .sort()
  return Buffer.concat(names.map(name => fs.readFileSync(`${dir}/${name}`)))
}

const LOSSES = ['nothing', 'broker dir gone', 'partition dir gone', 'broker dir emptied'] as const
/** In the newest records of a broker that was killed: those are read when it starts. What is older is for readers to meet. */
const DAMAGE = ['log cut short', 'wrong bit'] as const
type Fault = (typeof LOSSES)[number] | (typeof DAMAGE)[number]

/** Only these, where the environment names some. */
const ONLY = process.env['FAULTS']?.split(',')

/** Returns where. */
function damage(dir: string, fault: Fault, chance: Chance): string {
  const partition = `${dir}/t-${chance.below(2)}`
  if (fault === 'broker dir gone') fs.rmSync(dir, {recursive: true})
  else if (fault === 'partition dir gone') fs.rmSync(partition, {recursive: true})
  else if (fault === 'broker dir emptied') {
    for (const name of fs.readdirSync(dir)) fs.rmSync(`${dir}/${name}`, {recursive: true})
  } else if (fault !== 'nothing') {
    const newest = fs
      .readdirSync(partition)
      .filter(name => name.endsWith('.log') && fs.statSync(`${partition}/${name}`).size > 200)
      .sort()
      .at(-1)
    const path = `${partition}/${newest}`
    const bytes = fs.readFileSync(path)
    const at = bytes.length - 1 - chance.below(200)
    const bit = chance.below(8)
    if (fault === 'wrong bit') {
      bytes[at] = bytes[at]! ^ (1 << bit)
      fs.writeFileSync(path, bytes)
    } else fs.writeFileSync(path, bytes.subarray(0, at))
    return `${path}, byte ${at} of ${bytes.length}`
  }
  return partition
}

test(`${count} brokers stopped or killed, their dirs damaged, started again`, async () => {
  const chance = new Chance(seed)
  const dir = tempDir()
  const did: string[] = []
  let cluster = await openCluster({dir, ...OPTIONS})
  await cluster.admin.createTopics([{name: 't', numPartitions: 2}])
  const loads = [
    new LoadedPartition(await cluster.partition('t', 0), 'synced', {acks: -1}),
    new LoadedPartition(await cluster.partition('t', 1), 'written', {acks: -1, durability: 'written'}),
  ]
  try {
    for (let i = 0; i < count; i++) {
      await setTimeout(100 + chance.below(200))
      const broker = 1 + (i % 3)
      const how = chance.pick(['stop', 'kill'] as const)
      const all: readonly Fault[] = how === 'stop' ? LOSSES : [...LOSSES, ...DAMAGE]
      const some = all.filter(each => ONLY?.includes(each) ?? true)
      const fault = some.length === 0 ? 'nothing' : chance.pick(some)
      cluster.broker(broker)[how]()
      await isDown(cluster, broker)
      did.push(`${how} ${broker}, ${fault}: ${damage(`${dir}/broker-${broker}`, fault, chance)}`)
      await setTimeout(chance.below(300))
      cluster.broker(broker).restart()
      await healed(cluster, 3)
    }
    for (const each of loads) await each.check()
    await cluster.close()
    for (const partition of [0, 1]) {
      const [first, ...others] = [1, 2, 3].map(broker => bytesOf(`${dir}/broker-${broker}/t-${partition}`))
      for (const other of others) assert.ok(first!.equals(other), `replicas of t-${partition} differ`)
    }
    cluster = await openCluster({dir, ...OPTIONS})
    for (const [partition, {ledger}] of loads.entries()) await ledger.check(await cluster.partition('t', partition))
    await cluster.close()
  } catch (error) {
    ;(error as Error).message +=
      `. Again: ${replayCommand('cluster-dirs', {SEED: seed, RUNS: count})}; ${did.join('; ')}`
    throw error
  }
  console.log(`\n${count} rounds, seed ${seed}: ${total(loads)} acknowledged, 0 lost`)
})

/** A wrong bit in one of the batches of a segment, where its check covers it. Returns where. */
function wrongBit(path: string, chance: Chance): string {
  const bytes = fs.readFileSync(path)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) starts.push(at)
  const start = chance.pick(starts)
  const at = start + 17 + chance.below(bytes.readInt32BE(start + 8) - 5)
  const file = fs.openSync(path, 'r+')
  fs.writeSync(file, Buffer.of(bytes[at]! ^ (1 << chance.below(8))), 0, 1, at)
  fs.closeSync(file)
  return `${path}, byte ${at}`
}

test(`${count} wrong bits in what a leader wrote long ago`, async () => {
  const chance = new Chance(seed)
  const dir = tempDir()
  const did: string[] = []
  const options = {dir, ...OPTIONS, topicConfigs: {'segment.bytes': 100_000}}
  let cluster = await openCluster(options)
  await cluster.admin.createTopics([{name: 't', numPartitions: 1}])
  let partition = await cluster.partition('t')
  const RECORDS = 5000
  try {
    for (let i = 0; i < RECORDS; i++) if (!partition.append(`${i} ${'.'.repeat(i % 97)}`)) await partition.drained()
    for (let i = 0; i < count; i++) {
      await healed(cluster, 3)
      // what was written or fetched since the process began would be read from shared memory
      await cluster.close()
      cluster = await openCluster(options)
      partition = await cluster.partition('t')
      await healed(cluster, 3)
      const leader = partition.leader!
      const place = `${dir}/broker-${leader}/t-0`
      const segments = fs.readdirSync(place).filter(name => name.endsWith('.log'))
      const segment = chance.pick(segments.sort().slice(0, -1))
      did.push(wrongBit(`${place}/${segment}`, chance))
      let next = 0
      for await (const record of partition.reader()) {
        assert.is(record.offset, next)
        assert.ok(record.text().startsWith(`${next} `))
        next++
      }
      assert.is(next, RECORDS)
      assert.is.not(partition.leader, leader)
    }
    await healed(cluster, 3)
    await cluster.close()
    const [first, ...others] = [1, 2, 3].map(broker => bytesOf(`${dir}/broker-${broker}/t-0`))
    for (const other of others) assert.ok(first!.equals(other), 'replicas differ')
  } catch (error) {
    ;(error as Error).message +=
      `. Again: ${replayCommand('cluster-dirs', {SEED: seed, RUNS: count})}; ${did.join('; ')}`
    throw error
  }
})

test.run()
