/** What a cluster promises of its listener, seen through sockets. */
import {once} from 'node:events'
import net from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, type Listening, OdradekError, openCluster} from '../../index.ts'
import {WireClient} from './wire-client.ts'

let cluster: Cluster
let listening: Listening

test.before(async () => {
  cluster = await openCluster({brokers: 2})
  listening = await cluster.listen()
})
test.after(() => cluster.close())

async function withClient<Result>(broker: number, use: (client: WireClient) => Promise<Result>): Promise<Result> {
  const client = await WireClient.connect(listening.brokers[broker - 1]!)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

async function refused(work: Promise<unknown>, code: string): Promise<void> {
  try {
    await work
  } catch (error) {
    assert.instance(error, OdradekError)
    assert.is((error as OdradekError).code, code)
    return
  }
  assert.unreachable(`${code} was to come`)
}

const closed = (socket: net.Socket): Promise<unknown> => (socket.destroyed ? Promise.resolve() : once(socket, 'close'))

test('each broker has a port of its own', () => {
  const {brokers, bootstrapServers} = listening
  assert.equal(
    brokers.map(({nodeId, host}) => [nodeId, host]),
    [
      [1, '127.0.0.1'],
      [2, '127.0.0.1'],
    ],
  )
  assert.is(bootstrapServers, brokers.map(({port}) => `127.0.0.1:${port}`).join(','))
  assert.is.not(brokers[0]!.port, brokers[1]!.port)
})

test('who is connected is told, by what it calls itself, and no more when it has gone', async () => {
  const connections = async (): Promise<unknown[]> => {
    const {connections: all} = await cluster.admin.describeCluster()
    return all
      .filter(({idleMs, clientPort}) => idleMs >= 0 && clientPort > 0)
      .map(({broker, clientId, clientHost}) => [broker, clientId, clientHost])
  }
  const until = async (wanted: unknown[]): Promise<void> => {
    const endMs = performance.now() + 20_000
    while (JSON.stringify(await connections()) !== JSON.stringify(wanted)) {
      assert.ok(performance.now() < endMs, JSON.stringify(await connections()))
      await sleep(20)
    }
  }
  await until([])
  await withClient(2, async client => {
    await client.ask('Metadata', 12, {topics: []})
    await until([[2, 'wire-client', '/127.0.0.1']])
  })
  await until([])
})

test('every broker tells the same versions, in every version', async () => {
  const told = []
  for (const version of [0, 1, 2, 3, 4])
    for (const broker of [1, 2]) {
      const asked = {clientSoftwareName: 'odradek-test', clientSoftwareVersion: '1.0'}
      const answer = await withClient(broker, client => client.ask('ApiVersions', version, asked))
      assert.is(answer.errorCode, 'NONE')
      told.push(JSON.stringify(answer.apiKeys))
    }
  assert.is(new Set(told).size, 1)
  assert.match(told[0]!, '{"apiKey":18,"minVersion":0,"maxVersion":4}')
})

test('a client whose name is none is told so, and goes on', async () => {
  await withClient(1, async client => {
    const asked = {clientSoftwareName: '<script>', clientSoftwareVersion: '1.0'}
    assert.is((await client.ask('ApiVersions', 3, asked)).errorCode, 'INVALID_REQUEST')
    assert.is((await client.ask('ApiVersions', 0, {})).errorCode, 'NONE')
  })
})

test('a group is found, joined, kept and left by old and new clients', async () => {
  for (const [find, join, sync, beat, leave, describe] of [
    [0, 0, 0, 0, 0, 0],
    [3, 3, 2, 2, 2, 5],
    [6, 9, 5, 4, 5, 6],
  ] as const) {
    const groupId = `group-${join}`
    const found = await withClient(1, client =>
      client.ask('FindCoordinator', find, {key: groupId, coordinatorKeys: [groupId], keyType: 0}),
    )
    const {nodeId, host, port, errorCode} = find < 4 ? found : found.coordinators[0]!
    assert.is(errorCode, 'NONE')
    const client = await WireClient.connect({host, port})
    const protocols = [{name: 'range', metadata: Buffer.from('0000', 'hex')}]
    const asked = {groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', protocols}
    // whoever has just come to coordinate it has to read what groups have stored
    let joined = await client.ask('JoinGroup', join, {...asked, memberId: ''})
    while (joined.errorCode === 'COORDINATOR_LOAD_IN_PROGRESS' || joined.errorCode === 'NOT_COORDINATOR')
      joined = await client.ask('JoinGroup', join, {...asked, memberId: ''})
    if (join >= 4) {
      assert.is(joined.errorCode, 'MEMBER_ID_REQUIRED')
      joined = await client.ask('JoinGroup', join, {...asked, memberId: joined.memberId})
    }
    const {memberId, generationId} = joined
    assert.equal([joined.errorCode, joined.leader, joined.protocolName], ['NONE', memberId, 'range'])
    const assignments = [{memberId, assignment: Buffer.from('part')}]
    const member = {groupId, memberId, generationId}
    const synced = await client.ask('SyncGroup', sync, {
      ...member,
      assignments,
      protocolType: 'consumer',
      protocolName: 'range',
    })
    assert.equal([synced.errorCode, Buffer.from(synced.assignment).toString()], ['NONE', 'part'])
    assert.is((await client.ask('Heartbeat', beat, member)).errorCode, 'NONE')
    const {groups} = await client.ask('DescribeGroups', describe, {groups: [groupId]})
    assert.equal([groups[0]!.groupState, groups[0]!.members[0]!.clientHost], ['Stable', '/127.0.0.1'])
    const left = await client.ask('LeaveGroup', leave, {...member, members: [{memberId}]})
    assert.equal([left.errorCode, nodeId > 0], ['NONE', true])
    assert.is((await client.ask('Heartbeat', beat, member)).errorCode, 'UNKNOWN_MEMBER_ID')
    client.close()
  }
})

test('an API that is not served ends the connection', async () => {
  await withClient(1, async client => {
    client.socket.write(Buffer.from('0000000a' + '0011' + '0000' + '00000001' + 'ffff', 'hex'))
    await closed(client.socket)
  })
})

test('whoever speaks TLS or HTTP is sent away at once', async () => {
  for (const bytes of [Buffer.from('16030100f1010000ed0303', 'hex'), Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')])
    await withClient(2, async client => {
      client.socket.write(bytes)
      await closed(client.socket)
    })
})

test('other machines are let in only where that is said', async () => {
  await listening.close()
  for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org'])
    await refused(cluster.listen({host}), 'INVALID_CONFIG')
  for (const port of [-1, 1.5, 65_535, '1' as never]) await refused(cluster.listen({port}), 'INVALID_CONFIG')
  listening = await cluster.listen({host: '0.0.0.0', allowRemote: true})
  // each client is told the address that it came to
  const found = await withClient(1, client => client.ask('FindCoordinator', 0, {key: 'g'}))
  assert.is(found.host, '127.0.0.1')
  await refused(cluster.listen(), 'INVALID_ARGUMENT')
})

test('a cluster that is told so advertises another host', async () => {
  await listening.close()
  listening = await cluster.listen({advertisedHost: 'kafka.test'})
  assert.match(listening.bootstrapServers, /^kafka\.test:\d+,kafka\.test:\d+$/)
  const client = await WireClient.connect({port: listening.brokers[0]!.port})
  assert.is((await client.ask('FindCoordinator', 0, {key: 'g'})).host, 'kafka.test')
  client.close()
})

test('where a port is taken nothing listens', async () => {
  await listening.close()
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const {port} = taken.address() as net.AddressInfo
  await refused(cluster.listen({port: port - 1}), 'INVALID_CONFIG')
  await refused(
    WireClient.connect({port: port - 1}).catch(() => Promise.reject(new OdradekError('LOG_CLOSED'))),
    'LOG_CLOSED',
  )
  taken.close()
  listening = await cluster.listen()
})

test('what listens no more has no connections', async () => {
  const client = await WireClient.connect(listening.brokers[0]!)
  await listening.close()
  await listening.close()
  await closed(client.socket)
  listening = await cluster.listen()
})

test('a broker that is killed takes its connections with it, and no others', async () => {
  const [other, client] = [
    await WireClient.connect(listening.brokers[0]!),
    await WireClient.connect(listening.brokers[1]!),
  ]
  cluster.broker(2).kill()
  await closed(client.socket)
  assert.is((await other.ask('ApiVersions', 0, {})).errorCode, 'NONE')
  other.close()
})

test('a cluster that closes ends its connections', async () => {
  const client = await WireClient.connect(listening.brokers[0]!)
  await cluster.close()
  await closed(client.socket)
  await refused(cluster.listen(), 'LOG_CLOSED')
})

test.run()
