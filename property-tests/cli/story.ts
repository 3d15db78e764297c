import * as assert from 'uvu/assert'
import {objectsOf} from './run-cli.ts'
import {runHere} from './run-here.ts'

/** One of several clusters a story may be told of: its words on the command line, and what it has by itself. */
export interface StoryPlace {
  readonly where: readonly string[]
  readonly brokers: number
}

/** What commands do to a cluster that has nothing yet: the same for a dir, for brokers of ours, and for Apache Kafka's. */
export async function tellStory({where, brokers}: StoryPlace): Promise<void> {
  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const {status, stdout, stderr} = await runHere([...args, ...where], input)
    assert.equal([status, stderr], [0, ''], args.join(' '))
    return stdout
  }
  const json = async (args: readonly string[], input = '') => objectsOf(await run([...args, '--json'], input))
  const refused = async (args: readonly string[], words: string | RegExp): Promise<void> => {
    const {status, stdout, stderr} = await runHere([...args, ...where])
    assert.equal([status, stdout], [1, ''], args.join(' '))
    assert.match(stderr, words)
  }

  assert.equal(await json(['topic', 'create', 'orders', '-p', '2', '-o', 'retention.ms=-1', '-o', 'flush.ms=9']), [
    {topic: 'orders', created: true},
  ])
  await refused(['topic', 'create', 'orders'], 'there is already a topic orders')
  assert.is(await run(['topic', 'create', 'orders', '--if-not-exists']), 'orders is there already\n')
  await refused(['topic', 'create', 'wrong', '-o', 'retention.ms=soon'], /^odradek: INVALID_CONFIG: wrong: /)

  const [sent] = await json(['produce', 'orders', '-K', ':', '-p', '1', '-H', 'a=1'], 'k1:v1\nk2:v2\nplain\n')
  assert.equal([sent!['records'], sent!['bytes'], sent!['partitions']], [3, 18, [{partition: 1, baseOffset: 0}]])
  const envelope = '{"key":"k","value":{"base64":"/w=="},"timestamp":1700000000000,"headers":[["h","x"],["h","y"]]}\n'
  await run(['produce', 'orders', '-J', '-p', '0'], envelope)
  assert.equal(await json(['consume', 'orders', '-e', '-p', '0']), [
    {
      topic: 'orders',
      partition: 0,
      offset: 0,
      timestamp: 1_700_000_000_000,
      key: 'k',
      value: {base64: '/w=='},
      headers: [
        ['h', 'x'],
        ['h', 'y'],
      ],
    },
  ])
  assert.is(
    await run(['consume', 'orders', '-e', '-o', '1', '-f', '%p@%o %k=%s %h\n', '-c', '9']),
    '1@1 k2=v2 a=1\n1@2 =plain a=1\n',
  )

  const [topic] = await json(['topic', 'describe', 'orders'])
  const {partitions, configs} = topic as {partitions: {low: number; high: number; leader: number}[]; configs: object}
  assert.equal(
    partitions.map(({low, high}) => [low, high]),
    [
      [0, 1],
      [0, 3],
    ],
  )
  assert.ok(partitions.every(({leader}) => leader >= 1 && leader <= brokers))
  assert.equal(configs, {'flush.ms': '9', 'retention.ms': '-1'})
  await refused(['topic', 'describe', 'order'], 'there is no topic order; there is orders')
  assert.match(await run(['topic', 'describe', 'orders']), / {2}1 .* \[0, 3\)\n$/)

  assert.equal(await json(['group', 'seek', 'billing', 'orders:1', '--to', '-2']), [
    {group: 'billing', topic: 'orders', partition: 1, from: null, to: 1},
  ])
  assert.is(await run(['consume', 'orders', '-g', 'billing', '-p', '1', '-c', '1']), 'v2\n')
  const [group] = await json(['group', 'describe', 'billing'])
  const {state, lag, members} = group as {state: string; lag: number; members: unknown[]}
  assert.equal([state, members], ['Empty', []])
  const behind = (group!['partitions'] as Record<string, unknown>[]).find(({partition}) => partition === 1)
  assert.equal(behind, {topic: 'orders', partition: 1, committed: 2, end: 3, lag: 1, member: null})
  assert.ok(lag >= 1)
  assert.match(await run(['group', 'list']), /^billing {2}Empty {5}0 members\n/)
  assert.equal(await json(['group', 'delete', 'billing']), [{group: 'billing', deleted: true}])
  await refused(['group', 'describe', 'billing'], 'there is no group billing')

  assert.equal(await json(['topic', 'alter', 'orders', '-p', '3', '-o', 'max.message.bytes=5000', '-d', 'flush.ms']), [
    {topic: 'orders', partitions: 3, configs: {'max.message.bytes': '5000', 'retention.ms': '-1'}},
  ])
  const [health] = await json(['cluster', 'health'])
  assert.equal(health, {healthy: true, problems: []})
  const [status] = await json(['cluster', 'status'])
  assert.is((status!['brokers'] as unknown[]).length, brokers)
  assert.equal(await json(['topic', 'delete', 'orders']), [{topic: 'orders', deleted: true}])
  assert.equal(await json(['topic', 'list']), [])
}
