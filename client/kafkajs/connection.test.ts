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

test.run()
