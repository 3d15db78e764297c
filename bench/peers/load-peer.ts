/**
 * The peers that benches measure us against live in a package of their own, so that neither a user nor a test has to
 * install them. The first bench that asks does; where that fails it goes on without the peer's rows.
 */
import {spawn} from 'node:child_process'
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'

/** What the benches use of lmdb. Its fastest fair use is told in the comments: a peer deserves its best form. */
export interface Lmdb {
  open<Value>(options: LmdbOptions): LmdbDatabase<Value>
}

export interface LmdbOptions {
  /** A name with a dot is one file; any other is a folder of data.mdb and lock.mdb. */
  readonly path: string
  /** No sync at all: compare it with acks that promise the page cache, never with synced ones. */
  readonly noSync?: boolean
  /** Writes through the mapping; a little faster, and a stray write of ours could damage it. */
  readonly useWritemap?: boolean
  readonly mapSize?: number
  /** `uint32` is the fastest key for a number. */
  readonly keyEncoding?: 'uint32' | 'binary' | 'ordered-binary'
  /** `binary` stores a Buffer as it is; `msgpack`, the default, costs a quarter of the put rate. */
  readonly encoding?: 'binary' | 'string' | 'msgpack'
  /** In place of `encoding`. Decoding in place saves lmdb the Buffer it otherwise makes for each value it reads. */
  readonly encoder?: {
    encode(value: never): Uint8Array
    /** `source.length` is the value's own; the next read reuses its bytes. */
    decode(source: Buffer): unknown
  }
}

export interface LmdbDatabase<Value> {
  /** Resolves when committed. Puts of one event turn share a commit; await one now and then to bound the queue. */
  put(key: number, value: Value): Promise<boolean>
  putSync(key: number, value: Value, options?: {readonly append?: boolean}): void
  get(key: number): Value | undefined
  /** The puts made inside go in together. The fastest way to write, with a few batches in flight. */
  batch(action: () => void): Promise<boolean>
  /** As `batch`, with reads that see what was put: it runs while lmdb's thread holds the write lock. */
  transaction<Result>(action: () => Result): Promise<Result>
  transactionSync<Result>(action: () => Result): Result
  getRange(options?: LmdbRange): Iterable<{readonly key: number; readonly value: Value}>
  /** Resolves when all commits so far are on disk, or, under `noSync`, done. */
  readonly flushed: Promise<boolean>
  close(): Promise<void>
}

export interface LmdbRange {
  readonly start?: number
  readonly end?: number
  readonly limit?: number
}

export async function loadLmdb(options: {readonly install: boolean}): Promise<Lmdb | undefined> {
  return (await load('lmdb', options)) as Lmdb | undefined
}

async function load(peer: string, {install}: {readonly install: boolean}): Promise<unknown> {
  // by our package's own name: the compiled file lies deeper than its source does
  const root = new URL('.', import.meta.resolve('odradek/package.json'))
  const requirePeer = createRequire(new URL('bench/peers/package.json', root))
  try {
    return requirePeer(peer)
  } catch {
    if (!install) return undefined
    console.error(`${peer} is not there to compare with yet, so it is installed: npm ci --prefix bench/peers`)
  }
  try {
    await npmCi(fileURLToPath(root))
    return requirePeer(peer)
  } catch (error) {
    console.error(`${peer} cannot be compared with: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

function npmCi(root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // all it says goes to stderr: stdout is for the bench's rows
    const npm = spawn('npm', ['ci', '--prefix', 'bench/peers'], {cwd: root, stdio: ['ignore', 2, 2]})
    npm.on('error', reject)
    npm.on('exit', code => (code === 0 ? resolve() : reject(new Error(`npm ci ended with ${code}`))))
  })
}
