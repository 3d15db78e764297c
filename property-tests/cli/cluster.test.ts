/** What the commands for clusters do: on a dir that is opened for each of them, and with brokers that listen. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {runHere} from './run-here.ts'
import {tellStory} from './story.ts'

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

test('a topic, its records and a group from beginning to end, by brokers of ours that listen', async () => {
  await using cluster = await openCluster({brokers: 2})
  const {bootstrapServers} = await cluster.listen()
  await tellStory({where: ['-b', bootstrapServers], brokers: 2})
})

test.run()
