/** `odradek log dump --records` prints what Kafka's own tool prints, character by character, for what Kafka wrote and for what we wrote. */
import fs from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {runCli} from '../cli/run-cli.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {kafkaJars} from './kafka-jars.ts'
import {runProgram} from './run-program.ts'

const SAMPLE = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)
const MAIN = 'org.apache.kafka.tools.DumpLogSegments'
const DUMP_MS_MAX = 60_000

const test = suite('our dump')
const jars = await kafkaJars()

function filesOf(partition: string, suffix: string): string[] {
  return fs
    .readdirSync(partition)
    .filter(name => name.endsWith(suffix))
    .sort()
    .map(name => join(partition, name))
}

async function kafkas(classPath: string, files: readonly string[]): Promise<string> {
  const args = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath, MAIN, '--print-data-log']
  const {stdout} = await runProgram('java', [...args, '--files', files.join(',')], {timeoutMs: DUMP_MS_MAX})
  return stdout
}

async function ours(path: string, ...options: string[]): Promise<string> {
  const {status, stdout, stderr} = await runCli(['log', 'dump', path, ...options])
  assert.equal([status, stderr], [0, ''])
  return stdout
}

async function checkPartition(classPath: string, partition: string): Promise<void> {
  const logs = await ours(partition, '--records')
  assert.fixture(logs, await kafkas(classPath, filesOf(partition, '.log')))
  assert.ok(logs.includes('| offset: '))
  assert.fixture(await ours(partition, '--index'), await kafkas(classPath, filesOf(partition, '.index')))
  assert.fixture(await ours(partition, '--timeindex'), await kafkas(classPath, filesOf(partition, '.timeindex')))
}

if ('missing' in jars) {
  skip(test, 'prints what Kafka prints', jars.missing)
} else {
  for (const topic of ['segments', 'transactions']) {
    test(`Kafka's own ${topic}`, () => checkPartition(jars.classPath, join(SAMPLE, `${topic}-0`)))
  }

  for (const messageTimestampType of ['CreateTime', 'LogAppendTime'] as const) {
    test(`our log, ${messageTimestampType}`, async () => {
      const dir = tempDir()
      const log = await openLog(dir, {
        messageTimestampType,
        segmentBytes: 4096,
        indexIntervalBytes: 200,
        retentionMs: -1,
      })
      for (let i = 0; i < 40; i++) {
        const headers: [string, string | null][] = [
          ['b', 'x'],
          ['a', null],
          ['b', ''],
        ]
        await log.send([
          {key: `key ${i}`, value: 'ü'.repeat(i), timestamp: 1_700_000_000_000 - i},
          {key: null, value: null, headers},
          {key: '', value: ''},
        ])
      }
      await log.close()
      await checkPartition(jars.classPath, join(dir, 'log-0'))
    })
  }
}

test.run()
