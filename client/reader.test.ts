import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {LogMap} from '../engine/cluster/log-map.ts'
import {OdradekError} from '../engine/errors.ts'
import {MemoryDisk} from '../property-tests/simulation/memory-disk.ts'
import type {OpenReaders} from './open-readers.ts'
import type {Parking} from './parking.ts'
import {Reader} from './reader.ts'

test('files that are gone are damage, and the end of what there is to read where the topic went with them', () => {
  const storage = new MemoryDisk()
  storage.makeDirectory('/b/t-0')
  const {replica: line, threads} = new LogMap()
  line.publishWrittenEnd(3)
  line.publishHighWatermark(3)
  let ended: OdradekError | undefined
  const source = {storage, dir: '/b/t-0', arena: undefined, crc32c, logStartOffset: () => 0}
  const home = {
    line: () => line,
    source: () => source,
    ended: () => ended,
    waiters: new LogMap().waiters,
    thread: threads.claim(0),
    monotonicMs: () => 0,
    decompress: () => undefined,
    parking: {} as Parking,
    resolve: () => 0,
    open: {add() {}, delete() {}} as unknown as OpenReaders,
  }
  const reader = new Reader(home, {})
  assert.throws(
    () => reader.poll(() => {}),
    (error: OdradekError) => error.code === 'CORRUPT_MESSAGE',
  )
  ended = new OdradekError('LOG_CLOSED')
  assert.is(
    reader.poll(() => {}),
    0,
  )
})

test.run()
