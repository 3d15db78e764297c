import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  BEHIND,
  CACHE_LINE_BYTES,
  HEADERS_MAX,
  INT32_MAX,
  MAX_MESSAGE_BYTES_DEFAULT,
  MAX_MESSAGE_BYTES_MAX,
  METADATA_BATCH_BYTES_MAX,
  METADATA_BATCH_CHANGES,
  METADATA_LETTER_CHANGES,
  METADATA_SNAPSHOT_CHANGES,
  PARTS_MAX,
  PIPELINED,
  READ_BYTES,
  REPLICAS_MAX,
  ROLLED_SEGMENTS_MAX,
  ROWS_MAX,
  RUN_BATCHES_MAX,
  SLOT_BYTES,
  SLOTS_MIN,
  SYNC_FILES_MAX,
  THREADS_MAX,
  WINDOW_BYTES,
  WINDOW_INDEX_ENTRIES,
  WINDOWS,
} from './limits.ts'

const INDEX_INTERVAL_BYTES_DEFAULT = 4096
/** The most bytes one SharedArrayBuffer may have. */
const BUFFER_BYTES_MAX = 2 ** 32 - 1

test('shared memory is cut at cache lines', () => {
  assert.is(CACHE_LINE_BYTES % 8, 0)
  assert.is(SLOT_BYTES % CACHE_LINE_BYTES, 0)
  assert.is(WINDOW_BYTES % CACHE_LINE_BYTES, 0)
})

test('a batch as it is built fits a window, and one read', () => {
  assert.ok(SLOT_BYTES <= READ_BYTES)
  assert.ok(READ_BYTES <= WINDOW_BYTES)
})

test('an inbox takes a batch of the default bound while another is under way', () => {
  assert.ok(SLOTS_MIN * SLOT_BYTES >= 2 * MAX_MESSAGE_BYTES_DEFAULT)
})

test('a run goes out in one write', () => {
  assert.ok(RUN_BATCHES_MAX <= PARTS_MAX)
})

test('the replica thread is behind before a run is full, and never by batches of single turns alone', () => {
  assert.ok(PIPELINED < BEHIND)
  assert.ok(BEHIND <= RUN_BATCHES_MAX)
  assert.ok(RUN_BATCHES_MAX < SLOTS_MIN)
})

test('the greatest batch can be placed in a file, an inbox and an arena', () => {
  assert.ok(MAX_MESSAGE_BYTES_DEFAULT <= MAX_MESSAGE_BYTES_MAX)
  assert.ok(MAX_MESSAGE_BYTES_MAX <= INT32_MAX)
  assert.ok(2 * MAX_MESSAGE_BYTES_MAX < BUFFER_BYTES_MAX)
  assert.ok(WINDOWS * MAX_MESSAGE_BYTES_MAX < BUFFER_BYTES_MAX)
})

test('by default a window is full of bytes before it is full of index entries', () => {
  assert.ok(WINDOW_INDEX_ENTRIES * INDEX_INTERVAL_BYTES_DEFAULT >= WINDOW_BYTES)
})

test('readers are shown a window while the writer gives another one up', () => {
  assert.ok(WINDOWS >= 2)
})

test('threads, the control bit and the flusher’s share a mask of 64', () => {
  assert.is(THREADS_MAX + 2, 64)
})

test('a sync covers a rolled segment of three files beside the active one and the directory', () => {
  assert.ok(SYNC_FILES_MAX >= 3 + 1 + 1)
})

test('while one sync covers as many rolled segments as it can, as many again may gather', () => {
  assert.ok(3 * ROLLED_SEGMENTS_MAX >= 2 * (SYNC_FILES_MAX - 2) - 3)
})

test('a record with the most headers is not too large for that alone', () => {
  const HEADER_BYTES_MIN = 2
  assert.ok(HEADERS_MAX * HEADER_BYTES_MIN < MAX_MESSAGE_BYTES_DEFAULT)
})

test('a topic with every partition there may be fits a batch of the metadata log', () => {
  const BROKER_ID_BYTES = 3
  assert.ok(ROWS_MAX * (REPLICAS_MAX * BROKER_ID_BYTES + 2) < METADATA_BATCH_BYTES_MAX)
})

test('a snapshot of the metadata log takes the place of several batches', () => {
  assert.ok(METADATA_SNAPSHOT_CHANGES >= 4 * METADATA_BATCH_CHANGES)
  assert.ok(METADATA_LETTER_CHANGES >= METADATA_BATCH_CHANGES)
})

test('INT32_MAX is one', () => {
  assert.is(INT32_MAX, 2 ** 31 - 1)
})

test.run()
