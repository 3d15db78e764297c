/** The commands for clusters as processes: the whole story on a dir, and what Ctrl-C, a closed pipe and another owner do to them. */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {endOf, linesShown, objectsOf, runCli, startCli} from '../cli/run-cli.ts'
import {runHere} from '../cli/run-here.ts'
import {tellStory} from '../cli/story.ts'
import {tempDir} from '../door/temp-dir.ts'

/** From Ctrl-C to the end, on a machine that is busy. */
const END_MS_MAX = 5000

test('a topic, its records and a group from beginning to end, each command with the dir to itself', async () => {
  await tellStory({where: ['--dir', `${tempDir()}/data`], brokers: 1})
})

test('Ctrl-C ends a consumer that waits, quickly and with 0; its dir is free and was closed in good order', async () => {
  const dir = tempDir()
  await runCli(['produce', 't', '--dir', dir], {input: 'one\n'})
  for (const [args, status] of [
    [[], 0],
    [['-g', 'g'], 0],
    [['-c', '9'], 130],
  ] as const) {
    const child = startCli(['consume', 't', '--dir', dir, ...args])
    const ending = endOf(child)
    await linesShown(child)(1)
    const startedMs = performance.now()
    child.kill('SIGINT')
    const ended = await ending
    assert.equal([ended.status, ended.stdout, ended.stderr], [status, 'one\n', ''])
    assert.ok(performance.now() - startedMs < END_MS_MAX, `${performance.now() - startedMs} ms`)
  }
  const group = await runCli(['group', 'describe', 'g', '--json', '--dir', dir])
  assert.is(objectsOf(group.stdout)[0]!['lag'], 0)
})

test('a consumer shows what comes while it waits, and ends when nobody listens any more', async () => {
  const dir = tempDir()
  const lines = Array.from({length: 20_000}, (_, i) => `line ${i}`)
  const sent = await runCli(['produce', 't', '--dir', dir], {input: lines.join('\n')})
  assert.match(sent.stdout, '20000 records sent to t')
  const all = await runCli(['consume', 't', '-e', '--dir', dir])
  assert.ok(all.stdout === `${lines.join('\n')}\n`)
  const hungUp = await runCli(['consume', 't', '--dir', dir], {hangsUp: true})
  assert.equal([hungUp.status, hungUp.stderr], [0, ''])
})

test('a producer that is cut short has sent what it had read, and says so', async () => {
  const dir = tempDir()
  const child = startCli(['produce', 't', '--dir', dir], {input: 'one\ntwo\n', inputGoesOn: true})
  const ending = endOf(child)
  const log = `${dir}/broker-1/t-0/00000000000000000000.log`
  while (child.exitCode === null && (fs.statSync(log, {throwIfNoEntry: false})?.size ?? 0) === 0) await setTimeout(20)
  child.kill('SIGINT')
  const {status, stdout, stderr} = await ending
  assert.equal([status, stdout, stderr], [130, '', 'odradek: stopped; 2 records sent to t before that\n'])
  assert.is((await runCli(['consume', 't', '-e', '--dir', dir])).stdout, 'one\ntwo\n')
})

test('a line that is no record ends it; what came before is sent', async () => {
  const dir = tempDir()
  const {status, stdout, stderr} = await runCli(['produce', 't', '-J', '--dir', dir], {input: '{"value":"a"}\n\n{}\n'})
  assert.equal([status, stdout], [1, ''])
  assert.match(stderr, /line 3: there is no field value.*\nodradek: stopped; 1 record sent to t before that\n$/)
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
})

test.run()
