/**
 * T31, T32 and a part of T35: whatever comes over a socket, the brokers go on, nobody else waits, and memory stays within bounds.
 */
import {once} from 'node:events'
import net from 'node:net'
import {setTimeout} from 'node:timers/promises'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, type Listening, openCluster} from '../../index.ts'
import {times} from '../runs.ts'
import {frameOf, WireClient} from '../wire/wire-client.ts'
import {anyWrongRequest} from '../wire/wrong-request.ts'

const MIB = 1024 * 1024
/** What a bad client may do to the others. */
const PATIENCE_MS = 3000

let cluster: Cluster
let listening: Listening
let deaths = 0

test.before(async () => {
  cluster = await openCluster({brokers: 2})
  cluster.on('broker.down', () => deaths++)
  listening = await cluster.listen()
})
test.after(() => cluster.close())

const portOf = (broker: number): number => listening.brokers[broker - 1]!.port

async function connect(broker: number): Promise<net.Socket> {
  const socket = net.connect({host: '127.0.0.1', port: portOf(broker)})
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** What is closed with bytes unread is reset: that is an end as well. */
const closed = (socket: net.Socket): Promise<void> => new Promise(resolve => socket.once('close', () => resolve()))

/** A client that behaves, and what it had to wait at most, until it is told to stop. */
async function wellBehaved(broker: number): Promise<() => Promise<number>> {
  const client = await WireClient.connect({port: portOf(broker)})
  let longestMs = 0
  let ends = false
  const asking = (async () => {
    while (!ends) {
      const from = performance.now()
      assert.is((await client.ask('ApiVersions', 0, {})).errorCode, 'NONE')
      longestMs = Math.max(longestMs, performance.now() - from)
      await setTimeout(5)
    }
    client.close()
  })()
  return async () => {
    ends = true
    await asking
    return longestMs
  }
}

/** By how much this process has grown at most while `work` was done. */
async function growth(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 5)
  try {
    await work()
  } finally {
    clearInterval(watch)
  }
  return Math.max(most, process.memoryUsage.rss()) - before
}

test('requests that make no sense end their own connection at most', async () => {
  const count = times(2000, 20_000)
  const frames = fc.sample(anyWrongRequest(), count)
  const stop = await wellBehaved(1)
  let sent = 0
  for (const frame of frames) {
    const socket = await connect(1)
    const over = closed(socket)
    const told = new Promise(resolve => socket.once('data', resolve))
    socket.write(frame)
    // some are answered, some wait for what never comes
    await Promise.race([over, told, setTimeout(20)])
    socket.destroy()
    sent++
  }
  assert.is(sent, count)
  assert.is(deaths, 0)
  const longestMs = await stop()
  assert.ok(longestMs < PATIENCE_MS, `somebody else waited ${longestMs} ms`)
})

test('who says that much comes and sends little is given little', async () => {
  const CLIENTS = 500
  const head = frameOf('Produce', 9, 1, {acks: 1, timeoutMs: 1, topicData: []}).subarray(0, 16)
  head.writeInt32BE(90 * MIB)
  const stop = await wellBehaved(2)
  const sockets: net.Socket[] = []
  const grown = await growth(async () => {
    for (let i = 0; i < CLIENTS; i++) {
      const socket = await connect(2)
      socket.write(head)
      sockets.push(socket)
    }
    await setTimeout(200)
  })
  for (const socket of sockets) socket.destroy()
  assert.ok(grown < CLIENTS * 64 * 1024, `${Math.round(grown / MIB)} MiB for ${CLIENTS} clients`)
  const longestMs = await stop()
  assert.ok(longestMs < PATIENCE_MS, `somebody else waited ${longestMs} ms`)
  assert.is(deaths, 0)
})

test('a count that cannot be true costs nothing', async () => {
  const names = Array.from({length: 1000}, (_, i) => `group-${i}`)
  const frame = frameOf('DeleteGroups', 1, 1, {groupsNames: names})
  // the count stands behind the header: key, version, id, the client's name
  const at = 4 + 8 + 2 + 'wire-client'.length
  assert.is(frame.readInt32BE(at), names.length)
  for (const count of [names.length + 1, 1_000_000, 0x7fffffff, -2]) {
    frame.writeInt32BE(count, at)
    const grown = await growth(async () => {
      const socket = await connect(1)
      const over = closed(socket)
      socket.write(frame)
      await over
    })
    assert.ok(grown < 16 * MIB, `${Math.round(grown / MIB)} MiB for a count of ${count}`)
  }
  assert.is(deaths, 0)
})

test('many small parts are refused before they are many times the size of what came', async () => {
  // a million names of one letter each
  const body = Buffer.alloc(4 + 3 * 1_000_000)
  body.writeInt32BE(1_000_000)
  for (let at = 4; at < body.length; at += 3) body.write('\0\x01a', at, 'latin1')
  const head = frameOf('DeleteGroups', 1, 1, {groupsNames: []}).subarray(0, 4 + 8 + 2 + 'wire-client'.length)
  const frame = Buffer.concat([head, body])
  frame.writeInt32BE(frame.length - 4)
  const grown = await growth(async () => {
    const socket = await connect(1)
    const over = closed(socket)
    socket.write(frame)
    await over
  })
  assert.ok(grown < 8 * frame.length + 16 * MIB, `${Math.round(grown / MIB)} MiB`)
  assert.is(deaths, 0)
})

test('consumers that take nothing hold what is bounded, and nobody else waits for them', async () => {
  const partition = await cluster.partition('stalled')
  const value = Buffer.alloc(500_000, 'x')
  for (let i = 0; i < 100; i++) await partition.send({value})
  const stop = await wellBehaved(1)
  const sockets: net.Socket[] = []
  const partitions = [{partition: 0, fetchOffset: 0, partitionMaxBytes: 0x7fffffff}]
  const asked = {
    ...{maxWaitMs: 100, minBytes: 1, maxBytes: 0x7fffffff, isolationLevel: 0, sessionEpoch: -1},
    topics: [{topic: 'stalled', partitions}],
  }
  const frame = frameOf('Fetch', 11, 1, asked)
  const grown = await growth(async () => {
    for (let i = 0; i < 80; i++) {
      const socket = await connect((i % 2) + 1)
      socket.pause()
      sockets.push(socket)
    }
    // all at once: nobody has answered the first when the last is there
    for (const socket of sockets) socket.write(Buffer.concat([frame, frame, frame]))
    await setTimeout(2000)
  })
  const longestMs = await stop()
  for (const socket of sockets) socket.destroy()
  assert.ok(grown < 300 * MIB, `${Math.round(grown / MIB)} MiB`)
  assert.ok(longestMs < PATIENCE_MS, `somebody else waited ${longestMs} ms`)
  assert.is(deaths, 0)
})

test.run()
