/**
 * A flusher that dies: given as `workerEntry`, it runs the real threads, but the flusher ends in the middle of its first sync,
 * without an answer.
 */
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {workerData} from 'node:worker_threads'
import type {ThreadStart} from '../../workers/thread-start.ts'

if ((workerData as ThreadStart<unknown>).odradek === 'flusher') {
  fs.fstatSync = (() => process.exit()) as unknown as typeof fs.fstatSync
  syncBuiltinESMExports()
}

await import('../../workers/odradek-thread.ts')
