import {readInt64} from '../../engine/bytes/int64.ts'
import {storageError} from '../../engine/errors.ts'
import {readWhole} from '../../engine/log/files.ts'
import {OFFSET_ENTRY_BYTES} from '../../engine/log/offset-index.ts'
import {SUFFIX, type Suffix, segmentFile} from '../../engine/log/segment-files.ts'
import {TIME_ENTRY_BYTES} from '../../engine/log/time-index.ts'
import type {LogView} from '../../engine/view/log-view.ts'
import type {Output} from '../output.ts'

export interface IndexDump {
  readonly view: LogView
  readonly base: number
  readonly suffix: Suffix
  readonly json: boolean
  readonly from: number
  readonly to: number
}

/** Prints the whole entries of one index file, as `kafka-dump-log.sh` does, and returns how many they are. A file that is gone was deleted meanwhile, and has none. */
export async function dumpIndex(dump: IndexDump, out: Output): Promise<number> {
  const {view, base, suffix, json, from, to} = dump
  const path = segmentFile(view.dir, base, suffix)
  const isTime = suffix === SUFFIX.timeIndex
  const entryBytes = isTime ? TIME_ENTRY_BYTES : OFFSET_ENTRY_BYTES
  const bytes = readIndex(view, path)
  if (!json) out.line(`Dumping ${path}`)
  if (!json && bytes.length === 0 && !isTime) out.line(`${path} is empty.`)
  let found = 0
  const entries = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const offset = base + entries.getInt32(isTime ? at + 8 : at)
    if (offset < from || offset >= to) continue
    found++
    if (isTime) {
      const timestamp = readInt64(entries, at)
      if (json) out.object({type: 'timeIndexEntry', segment: base, timestamp, offset})
      else out.line(`timestamp: ${timestamp} offset: ${offset}`)
    } else {
      const position = entries.getInt32(at + 4)
      if (json) out.object({type: 'indexEntry', segment: base, offset, position})
      else out.line(`offset: ${offset} position: ${position}`)
    }
    if (out.isFull) await out.flush()
  }
  await out.flush()
  return found
}

function readIndex(view: LogView, path: string): Uint8Array {
  try {
    return readWhole(view.storage, path) ?? new Uint8Array(0)
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return new Uint8Array(0)
    throw storageError(error, `reading ${path}`)
  }
}
