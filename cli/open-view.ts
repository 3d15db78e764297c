import path from 'node:path'
import {decompress} from '../client/codecs.ts'
import {BatchRecords} from '../engine/view/batch-records.ts'
import {LogView} from '../engine/view/log-view.ts'
import {loadCrc32c} from '../workers/checksum.ts'
import {ownerOf} from '../workers/dir-owner.ts'
import {nodeStorage} from '../workers/storage.ts'
import {findLog} from './find-log.ts'

/** Who has a log open, as far as it is known. */
export interface LogOwner {
  readonly pid: number | null
  readonly host: string | null
}

/** A log to look at, with what the world knows of it. */
export interface OpenView {
  readonly view: LogView
  readonly name: string
  readonly owner: () => LogOwner | undefined
}

export async function openView(given: string, options: {topic?: string | undefined}): Promise<OpenView> {
  const {dir, dataDir, name, key} = findLog(given, options.topic)
  const view = new LogView({storage: nodeStorage, crc32c: await loadCrc32c(), dir, dataDir, key})
  // a partition that stands alone may still be owned through the directory above it
  const owned = dataDir ?? path.dirname(dir)
  return {view, name, owner: () => ownerIn(owned)}
}

function ownerIn(dir: string): LogOwner | undefined {
  const found = ownerOf(dir)
  return found === undefined ? undefined : {pid: found.owner?.pid ?? null, host: found.owner?.host ?? null}
}

/** Records of any batch: gzip, Snappy, LZ4 and, where Node.js has it, zstd. */
export function openRecords(): BatchRecords {
  return new BatchRecords(decompress)
}
