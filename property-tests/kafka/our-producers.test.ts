/** Kafka's own DumpLogSegments finds in the snapshots of our logs the producers that wrote them. */
import {mkdirSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {loadLog, planLoad} from '../../engine/log/load-log.ts'
import {LOG_CONFIG_DEFAULTS} from '../../engine/log/log-config.ts'
import {ArenaWriter, allocateArena} from '../../engine/memory/arena.ts'
import {nodeStorage} from '../../workers/storage.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {batchOf} from '../simulation/partition.ts'
import {dumpLogSegments} from './dump-log-segments.ts'
import {kafkaJars} from './kafka-jars.ts'

const test = suite('producers of our logs')
const jars = await kafkaJars()

/** A log of 30 batches by three producers with an epoch each, in several segments and two reigns. */
function writeLog(dir: string): void {
  mkdirSync(dir)
  const config = {...LOG_CONFIG_DEFAULTS, segmentBytes: 500}
  const request = {clean: false, recoveryPoint: 0, logStartOffset: 0, onDamage: 'refuse'} as const
  const arena = new ArenaWriter(allocateArena({windows: 2, windowBytes: 4096, indexEntries: 64}))
  const plan = planLoad(nodeStorage, dir, request)
  const {log} = loadLog({storage: nodeStorage, dir, arena, crc32c}, config, request, plan, [])
  for (let i = 0; i < 30; i++) {
    const producerId = 2 ** 33 + (i % 3)
    const baseSequence = (2 ** 31 - 8 + 2 * Math.floor(i / 3)) % 2 ** 31
    if (i === 15) log.startEpoch(4)
    log.append(batchOf({producerId, producerEpoch: i % 3, baseSequence}, 2, 1_700_000_000_000 + i), 0)
  }
  log.commit()
  log.close()
}

const PRODUCER =
  /^producerId: (\d+) producerEpoch: (\d+) coordinatorEpoch: (-?\d+) currentTxnFirstOffset: (\S+) lastTimestamp: (\d+) firstSequence: (\d+) lastSequence: (\d+) lastOffset: (\d+) offsetDelta: (\d+) timestamp: (\d+)$/gm

if ('missing' in jars) {
  skip(test, 'Kafka reads our snapshots', jars.missing)
} else {
  test('the snapshot of each roll and of the close', async () => {
    const dir = join(tempDir(), 'topic-0')
    writeLog(dir)
    const names = readdirSync(dir).filter(name => /^\d{20}\.(log|index|timeindex|snapshot)$/.test(name))
    const snapshots = names.filter(name => name.endsWith('.snapshot')).sort()
    assert.ok(snapshots.length > 3)
    const all = await dumpLogSegments(
      names.sort().map(name => join(dir, name)),
      {deep: true},
    )
    assert.equal([all.complaints, all.unread, all.records], [[], [], 60])
    const last = await dumpLogSegments([join(dir, snapshots.at(-1)!)], {deep: false})
    assert.equal(
      [...last.output.matchAll(PRODUCER)].map(([, ...numbers]) => numbers.join(' ')).sort(),
      [0, 1, 2].map(i => {
        const timestamp = 1_700_000_000_027 + i
        return `${2 ** 33 + i} ${i} -1 OptionalLong.empty ${timestamp} 10 11 ${55 + 2 * i} 1 ${timestamp}`
      }),
      last.output,
    )
  })
}

test.run()
