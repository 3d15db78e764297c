/** A replica thread on a slow disk: given as `workerEntry`, it runs the real one, but every write of records takes a while longer. */
import {interceptWrites} from './intercept-writes.ts'

const WRITE_MS = 20
const LEAST_BYTES = 1000

const never = new Int32Array(new SharedArrayBuffer(4))

interceptWrites(write => (fd, bytes, position) => {
  if (bytes.length >= LEAST_BYTES) Atomics.wait(never, 0, 0, WRITE_MS)
  return write(fd, bytes, position)
})

await import('../../workers/odradek-thread.ts')
