/** `odradek serve` as a process: where it listens, who may look on, what it runs, how it ends. */
import fs from 'node:fs'
import {createServer} from 'node:net'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {endOf, linesShown, objectsOf, runCli, startCli} from '../cli/run-cli.ts'
import {tempDir} from '../door/temp-dir.ts'

interface Served {
  readonly type: string
  readonly bootstrap: string
  readonly brokers: readonly {readonly host: string; readonly port: number}[]
  readonly metrics: string
}

/** Started, and what it said once it served. */
async function startServing(args: readonly string[]) {
  const child = startCli(['serve', '--port', '0', '--json', ...args])
  let text = ''
  child.stdout!.on('data', (chunk: string) => {
    text += chunk
  })
  const ending = endOf(child)
  await linesShown(child)(1)
  return {child, ending, served: objectsOf(text)[0] as unknown as Served}
}

test('serve tells where it listens, answers those who look on, and ends in good order', async () => {
  const dir = `${tempDir()}/data`
  const {child, ending, served} = await startServing(['--dir', dir, '--brokers', '2', '--metrics', '0'])
  const {type, brokers, bootstrap, metrics} = served
  assert.equal([type, bootstrap], ['serving', brokers.map(({host, port}) => `${host}:${port}`).join(',')])
  assert.is(brokers.length, 2)
  const health = await fetch(`${metrics}/healthz`)
  assert.equal([health.status, await health.json()], [200, {status: 'healthy', problems: []}])
  const told = await (await fetch(`${metrics}/metrics`)).text()
  assert.match(told, '\nkafka_brokers 2\n')
  assert.match(told, `kafka_broker_info{id="2",address="${brokers[1]!.host}:${brokers[1]!.port}"} 1\n`)
  child.kill('SIGTERM')
  const {status, stderr} = await ending
  assert.equal([status, stderr], [0, ''])
  for (const broker of [1, 2]) assert.ok(fs.existsSync(`${dir}/broker-${broker}/.kafka_cleanshutdown`))
})

test('what clients send to it is there for the next one, and for a command with the dir to itself', async () => {
  const dir = `${tempDir()}/data`
  const first = await startServing(['--dir', dir, '-o', 'num.partitions=3'])
  const sent = await runCli(['produce', 'orders', '-b', first.served.bootstrap], {input: 'one\ntwo\n'})
  assert.match(sent.stdout, '2 records sent to orders')
  const inUse = await runCli(['topic', 'list', '--dir', dir])
  assert.is(inUse.status, 1)
  assert.match(inUse.stderr, `is open in process ${first.child.pid}`)
  assert.match(inUse.stderr, `It serves it: -b ${first.served.bootstrap}`)
  first.child.kill('SIGINT')
  assert.is((await first.ending).status, 0)
  const read = await runCli(['consume', 'orders', '-e', '--dir', dir])
  assert.equal(read.stdout.split('\n').sort(), ['', 'one', 'two'])
  const second = await startServing(['--dir', dir])
  const list = await runCli(['topic', 'list', '--json', '-b', second.served.bootstrap])
  assert.equal(objectsOf(list.stdout), [{topic: 'orders', partitions: 3, replicas: 1, internal: false}])
  second.child.kill('SIGINT')
  assert.is((await second.ending).status, 0)
})

test('a command is run with the brokers in its environment, and serve ends as it does', async () => {
  const cli = `"${process.execPath}" "${process.argv[1]!.replace(/property-tests.*/, 'cli/odradek.js')}"`
  const command = `echo hello | ${cli} produce greetings && ${cli} consume greetings -e && exit 7`
  const {status, stdout, stderr} = await runCli(['serve', '--port', '0', '--run', command])
  assert.is(status, 7, stderr)
  assert.match(stdout, /^1 record sent to greetings, 6 B read in \d+ ms\nhello\n$/)
  assert.match(stderr, /bootstrap {2}127\.0\.0\.1:\d+\n/)
})

test('a signal reaches the command that is run', async () => {
  const child = startCli(['serve', '--port', '0', '--run', 'trap "echo told; exit 5" TERM; echo up; sleep 60 & wait'])
  const ending = endOf(child)
  await linesShown(child)(1)
  child.kill('SIGTERM')
  const {status, stdout} = await ending
  assert.equal([status, stdout], [5, 'up\ntold\n'])
})

test('what cannot be is said in a line', async () => {
  const busy = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => busy.once('listening', resolve))
  const {port} = busy.address() as {port: number}
  const file = `${tempDir()}/server.properties`
  fs.writeFileSync(file, 'node.id=1\nnum.partitions=none\n')
  for (const [args, status, words] of [
    [['--port', `${port}`], 1, `port ${port} is in use on 127.0.0.1; give another --port, or 0 for free ones`],
    [['--port', '0', '--host', '0.0.0.0'], 2, 'can be reached from other machines'],
    [['--port', '70000'], 2, 'a port is at most 65535, not 70000'],
    [['--properties', file], 2, "server.properties:2: num.partitions is a whole number, not 'none'"],
    [['--properties', `${file}.none`], 2, '--properties: ENOENT'],
    [['--brokers', '2', '-o', 'default.replication.factor=3'], 1, 'replicationFactor is 3, with 2 brokers'],
    [['-o', 'retention.ms=soon'], 2, '-o: retention.ms: retention.ms is a whole number'],
  ] as const) {
    const ended = await runCli(['serve', ...args])
    assert.equal([ended.status, ended.stdout], [status, ''], ended.stderr)
    assert.match(ended.stderr, words)
  }
  busy.close()
})

test.run()
