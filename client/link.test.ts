import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorNumber} from '../engine/errors.ts'
import {type Link, replicaFailure, syncProblem} from './link.ts'

function link(): Link {
  return {map: new LogMap(), thread: 0, dir: '/data', deathCause: () => undefined} as unknown as Link
}

test('a failure is told in the words of the replica thread, or in others where it has noted another since', () => {
  const it = link()
  const full = errorNumber('DISK_FULL')
  assert.is(replicaFailure(it, full, 'a batch was not stored').message, 'DISK_FULL: /data: a batch was not stored')
  it.map.failure.writeNote(full, 'writing 5 bytes: ENOSPC')
  assert.is(replicaFailure(it, full, 'a batch was not stored').message, 'DISK_FULL: /data: writing 5 bytes: ENOSPC')
  it.map.failure.writeNote(errorNumber('INVALID_RECORD'), 'the batch has bytes left over')
  assert.is(replicaFailure(it, full, 'a batch was not stored').message, 'DISK_FULL: /data: a batch was not stored')
})

test('a sync that failed is told with what the system said', () => {
  const it = link()
  assert.is(syncProblem(it), undefined)
  it.map.failure.writeNote(errorNumber('KAFKA_STORAGE_ERROR'), 'a sync failed (EIO)')
  it.map.replica.publishState(STATE.failed)
  assert.is(syncProblem(it)!.message, 'KAFKA_STORAGE_ERROR: /data: a sync failed (EIO)')
})

test.run()
