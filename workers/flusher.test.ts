import {createRequire, syncBuiltinESMExports} from 'node:module'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DOORBELL_BYTES, Doorbell, RING} from '../engine/memory/doorbell.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {skip} from '../property-tests/runner/skip.ts'
import {FlusherThread} from './flusher.ts'
import {INLINED_THREAD} from './inlined-thread.ts'
import type {SyncAnswer} from './replica-agent.ts'
import {nodeStorage} from './storage.ts'
import {threadEntry} from './thread-entry.ts'

const MUCH = 2 ** 30
const LONG_MS = 60_000
/** As long as a thread may take to come up. */
const UP_MS_MAX = 5000
/** Descriptors at which the thread of `dying` ends: in the sync, or after its answer; the last one without a last word. */
const ENDS = {inSync: 10_001, afterSync: 10_002, killed: 10_003} as const

const threads = createRequire(import.meta.url)('node:worker_threads') as {
  Worker: typeof import('node:worker_threads').Worker
}
const script = await threadEntry(undefined)
const dying = asEntry(`
  import fs from 'node:fs'
  const {fstatSync} = fs, {wait} = Atomics
  fs.fstatSync = fd => {
    if (fd === ${ENDS.killed}) process.removeAllListeners('exit')
    if (fd === ${ENDS.inSync} || fd === ${ENDS.killed}) process.exit()
    if (fd === ${ENDS.afterSync}) Atomics.wait = () => process.exit()
    return fstatSync(fd)
  }
  await import(${JSON.stringify(script)})`)

function asEntry(lines: string): string {
  return `data:text/javascript,${encodeURIComponent(lines)}`
}

/** Has `started` called before each thread that is started while `body` runs. */
async function onStart(started: () => void, body: () => void | Promise<void>): Promise<void> {
  const {Worker} = threads
  threads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      started()
      super(...args)
    }
  }
  syncBuiltinESMExports()
  try {
    await body()
  } finally {
    threads.Worker = Worker
    syncBuiltinESMExports()
  }
}

/** A flusher with a clock of its own, and a file that counts how often it was synced here. */
function bench(entry = script) {
  const doorbell = new Doorbell(new SharedArrayBuffer(DOORBELL_BYTES), 0)
  const bed = {nowMs: 0, here: 0}
  const flusher = new FlusherThread(doorbell, {monotonicMs: () => bed.nowMs, wallMs: () => 0}, entry)
  const real = nodeStorage.open(`${tempDir()}/file`, 'create')
  const file = {
    fd: real.fd,
    sync() {
      bed.here++
      real.sync()
    },
  }
  /** Waits as the replica thread does, while the clock goes on. */
  const answered = async (first: SyncAnswer | undefined): Promise<Error | undefined> => {
    let answer = first
    for (let tries = 0; answer === undefined && tries < 2000; tries++) {
      await setTimeout(2)
      answer = flusher.answer()
      if (answer === undefined) bed.nowMs += 10
    }
    assert.ok(answer !== undefined, 'no answer came')
    return answer.error as Error | undefined
  }
  const sync = (fd = file.fd, bytes = MUCH): Promise<Error | undefined> =>
    answered(flusher.start([{...file, fd}], bytes))
  return {flusher, doorbell, bed, file, answered, sync}
}

test('the first sync is done here where it is small, and left to the thread where it is not', async () => {
  const {flusher, doorbell, bed, file, sync} = bench()
  assert.is(flusher.answer(), undefined)
  assert.equal(flusher.start([file], 1000), {error: undefined})
  assert.is(bed.here, 1)
  // the thread is not up yet
  assert.is(flusher.start([file], MUCH), undefined)
  while (flusher.answer() === undefined) await setTimeout(1)
  assert.is(bed.here, 1)
  assert.ok(doorbell.takeDirty(1) & (1 << (RING.flusher - 32)))
  for (let i = 0; i < 50; i++) assert.is(await sync(), undefined)
  assert.is(bed.here, 1)
  assert.is(flusher.answer(), undefined)
})

test('no thread is started for the first sync where that is small, but for the second', async () => {
  for (const [first, expected] of [
    [1000, [0, 1]],
    [MUCH, [1, 1]],
  ] as const) {
    const {flusher, file, answered} = bench()
    const started: number[] = []
    let count = 0
    await onStart(
      () => count++,
      async () => {
        for (const bytes of [first, 1000]) {
          await answered(flusher.start([file], bytes))
          started.push(count)
        }
      },
    )
    assert.equal(started, expected)
  }
})

test('a small sync is done here, also with the thread up, until one takes long; a second later the next has its try', async () => {
  const {flusher, bed, file, answered, sync} = bench()
  const small = 64 * 1024
  assert.is(await sync(), undefined)
  assert.equal([flusher.start([file], small), bed.here], [{error: undefined}, 1])
  const slow = {
    ...file,
    sync() {
      file.sync()
      bed.nowMs += 3
    },
  }
  assert.equal([flusher.start([slow], small), bed.here], [{error: undefined}, 2])
  bed.nowMs += 100
  assert.equal([await answered(flusher.start([file], small)), bed.here], [undefined, 2])
  bed.nowMs += 1000
  assert.equal([flusher.start([file], small), bed.here], [{error: undefined}, 3])
  assert.equal([await answered(flusher.start([file], small + 1)), bed.here], [undefined, 3])
})

test('failures come back, from here and from the thread, and the thread lives on', async () => {
  const {flusher, bed, file, sync} = bench()
  const failing = {
    fd: 10_000,
    sync() {
      throw new Error('no such file')
    },
  }
  assert.match((flusher.start([file, failing], 0)!.error as Error).message, 'no such file')
  assert.match((await sync(failing.fd))!.message, 'EBADF: bad file descriptor, fdatasync')
  const {here} = bed
  assert.equal([await sync(), bed.here], [undefined, here])
})

const inlined = 'a thread whose script came as text does the same'
if (INLINED_THREAD !== '')
  test(inlined, async () => {
    const {bed, sync} = bench(asEntry(INLINED_THREAD))
    assert.equal([await sync(), bed.here], [undefined, 0])
    assert.match((await sync(10_000))!.message, 'EBADF')
  })
else skip(test, inlined, 'tsc alone leaves the text out: npm run build')

test('the thread rings when it is up: a sync may be waiting for it', async () => {
  const {flusher, doorbell, file, answered} = bench()
  const seen = doorbell.count()
  assert.is(flusher.start([file], MUCH), undefined)
  for (let tries = 0; doorbell.count() === seen && tries < 2000; tries++) await setTimeout(2)
  assert.ok(doorbell.count() > seen)
  assert.is(await answered(undefined), undefined)
})

test('where no thread can be started syncs are done here, however large, and the next one asks again', async () => {
  const {flusher, bed, file, sync} = bench()
  let refusals = 0
  const refuse = () => {
    refusals++
    throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN')
  }
  await onStart(refuse, () => {
    for (let i = 1; i <= 3; i++) {
      assert.equal(flusher.start([file], MUCH), {error: undefined})
      assert.equal([bed.here, refusals], [i, i])
    }
  })
  assert.equal([await sync(), bed.here], [undefined, 3])
})

test('a thread that does not come up is waited for only so long, and then not any more', async () => {
  const {flusher, bed, file} = bench(asEntry('setInterval(() => {}, 1000)'))
  assert.is(flusher.start([file], MUCH), undefined)
  for (const nowMs of [1000, 4000]) {
    bed.nowMs = nowMs
    assert.equal([flusher.answer(), bed.here], [undefined, 0])
  }
  bed.nowMs = LONG_MS
  assert.equal([flusher.answer(), bed.here, flusher.answer()], [{error: undefined}, 1, undefined])
  assert.equal([flusher.start([file], MUCH), bed.here], [{error: undefined}, 2])
})

test('a thread that dies before it is up leaves the sync to this one, and is not tried over and over', async () => {
  const entry = asEntry(`
    import {workerData} from 'node:worker_threads'
    workerData.data.life.postMessage('ended')
    setInterval(() => {}, 1000)`)
  const {bed, sync} = bench(entry)
  let count = 0
  const started = () => void count++
  await onStart(started, async () => {
    for (let i = 1; i <= 3; i++) {
      assert.equal([await sync(), bed.here], [undefined, i])
      assert.ok(bed.nowMs < UP_MS_MAX, 'it was not waited for')
      bed.nowMs += 1000
    }
  })
  assert.is(count, 1)
})

test('a thread that dies in a sync fails that sync, whose outcome nobody knows, and the next has a new thread', async () => {
  const {bed, sync} = bench(dying)
  assert.is(await sync(), undefined)
  for (let i = 0; i < 2; i++) {
    assert.match((await sync(ENDS.inSync))!.message, 'the flusher thread ended during a sync')
    bed.nowMs += LONG_MS
    assert.is(await sync(), undefined)
  }
  assert.is(bed.here, 0)
})

const killed = 'a thread that ends without a last word is missed by its name in the system'
if (process.platform === 'linux')
  test(killed, async () => {
    const {bed, sync} = bench(dying)
    assert.match((await sync(ENDS.killed))!.message, 'the flusher thread ended during a sync')
    bed.nowMs += LONG_MS
    assert.equal([await sync(), bed.here], [undefined, 0])
  })
else skip(test, killed, 'this system does not tell')

test('a thread that dies with nothing to do is replaced', async () => {
  const {bed, sync} = bench(dying)
  assert.match((await sync(ENDS.afterSync))!.message, 'EBADF')
  await setTimeout(50)
  bed.nowMs += LONG_MS
  assert.equal([await sync(), bed.here], [undefined, 0])
})

// the threads sleep for good, as they end with the one that started them
test.after(() => void setImmediate(() => process.exit()))

test('a thread that is known to be dead gets no more orders, however soon the next sync comes', async () => {
  const {flusher, bed, file, sync, answered} = bench(dying)
  assert.match((await sync(ENDS.afterSync))!.message, 'EBADF')
  await setTimeout(50)
  // looks, finds it dead, and does not look again within the same moment
  bed.nowMs += LONG_MS
  assert.is(flusher.answer(), undefined)
  assert.is(await answered(flusher.start([file], MUCH)), undefined)
  assert.is(bed.here, 0)
})

test.run()
