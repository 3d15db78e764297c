/** What the commands for clusters do, on a dir that is opened for each of them. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {runHere} from './run-here.ts'

test('what produce stores in a new dir, consume prints', async () => {
  const where = ['--dir', `${tempDir()}/data`]
  const sent = await runHere(['produce', 'orders', '-K', ':', ...where], 'k:v\nplain\n')
  assert.match(sent.stdout, /^2 records sent to orders, 10 B read in \d+ ms\n$/)
  const read = await runHere(['consume', 'orders', '-e', '-f', '%o %k=%s\\n', ...where])
  assert.equal([read.status, read.stdout, read.stderr], [0, '0 k=v\n1 =plain\n', ''])
})

test('only what makes something makes a cluster', async () => {
  const dir = `${tempDir()}/none`
  for (const args of [
    ['topic', 'list'],
    ['consume', 't'],
    ['group', 'list'],
    ['cluster', 'health'],
  ]) {
    const {status, stdout, stderr} = await runHere([...args, '--dir', dir])
    assert.equal([status, stdout], [1, ''])
    assert.match(stderr, `there is no cluster in ${dir}; odradek produce, topic create and serve make one`)
  }
  assert.not(fs.existsSync(dir))
})

test('a dir of several brokers is opened with all of them, and one that is open elsewhere tells how to reach it', async () => {
  const dir = tempDir()
  const cluster = await openCluster({dir, brokers: 3})
  await cluster.admin.createTopics([{name: 't', numPartitions: 2}])
  const {status, stderr} = await runHere(['topic', 'list', '--dir', dir])
  assert.is(status, 1)
  assert.match(stderr, /LOG_IN_USE: .* is open in this process.*-b HOST:PORT reaches it/)
  await cluster.close()
  const look = await runHere(['cluster', 'status', '--dir', dir])
  assert.match(look.stdout, /3 brokers, 1 topic, 2 partitions\n/)
  assert.match(look.stdout, 'healthy: every partition has its leader')
})

test.run()
