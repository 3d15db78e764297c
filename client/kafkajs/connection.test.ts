import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Cluster} from '../cluster.ts'
import {Connection} from './connection.ts'

test('who disconnects while it connects lets go of what was opened, and of nothing where it was not', async () => {
  for (const opens of [true, false]) {
    let released = 0
    const cluster = {requireOpen() {}} as Cluster
    const open = async () => {
      if (!opens) throw new Error('not now')
      return cluster
    }
    const connection = new Connection({open, release: async () => void released++}, 'client')
    const connecting = connection.connect().then(
      () => 'connected',
      error => error.message,
    )
    await connection.disconnect(async () => {})
    assert.equal([await connecting, released], opens ? ['connected', 1] : ['not now', 0])
    assert.not(connection.isConnected)
  }
})

test('who connects while it disconnects is connected once that is over', async () => {
  let [opened, released] = [0, 0]
  const open = async () => {
    opened++
    return {requireOpen() {}} as Cluster
  }
  const connection = new Connection({open, release: async () => void released++}, 'client')
  await connection.connect()
  let settle = (): void => {}
  const settling = new Promise<void>(resolve => {
    settle = resolve
  })
  let isOver = false
  const disconnecting = connection.disconnect(() => settling)
  // everybody who disconnects waits until it is done
  const again = connection.disconnect(async () => assert.unreachable()).then(() => assert.ok(isOver))
  const connecting = connection.connect()
  const aborting = new AbortController()
  const impatient = connection.connect(aborting.signal).catch(error => error)
  aborting.abort('enough')
  assert.is(await impatient, 'enough')
  assert.throws(() => connection.cluster, /disconnecting/)
  isOver = true
  settle()
  await Promise.all([disconnecting, again, connecting])
  assert.equal([connection.isConnected, opened, released], [true, 2, 1])
})

test.run()
