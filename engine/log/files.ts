import {OdradekError} from '../errors.ts'
import type {Storage, StorageFile} from './storage.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Writes all of `length` bytes; a count that stays short is a full disk. */
export function writeFully(file: StorageFile, source: Uint8Array, at: number, length: number, position: number): void {
  let written = 0
  while (written < length) {
    const count = file.write(source, at + written, length - written, position + written)
    if (count === 0) throw new OdradekError('DISK_FULL', `wrote ${written} of ${length} bytes`)
    written += count
  }
}

/** Writes all of `parts`, one behind the other. */
export function writeAll(file: StorageFile, parts: readonly Uint8Array[], position: number): void {
  let written = file.writeMany(parts, position)
  // of what a short count left over each part goes by itself
  let end = 0
  for (const part of parts) {
    const start = end
    end += part.length
    if (written >= end) continue
    const done = written - start
    writeFully(file, part, done, part.length - done, position + written)
    written = end
  }
}

/** The whole of a small file, or undefined where there is none. */
export function readWhole(storage: Storage, path: string): Uint8Array | undefined {
  const status = storage.stat(path)
  if (status === undefined || status.directory) return undefined
  const file = storage.open(path, 'read')
  try {
    const bytes = new Uint8Array(file.size())
    const count = file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, count)
  } finally {
    file.close()
  }
}

export function readText(storage: Storage, path: string): string | undefined {
  const bytes = readWhole(storage, path)
  return bytes === undefined ? undefined : decoder.decode(bytes)
}

/** Replaces a small file so that after a crash either the old or the new one is there, whole: temp file, sync, rename, sync of the directory. */
export function replaceFile(storage: Storage, path: string, content: string | Uint8Array): void {
  const temporary = `${path}.tmp`
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  if (storage.stat(temporary) !== undefined) storage.remove(temporary)
  const file = storage.open(temporary, 'create')
  try {
    writeFully(file, bytes, 0, bytes.length, 0)
    file.sync()
  } finally {
    file.close()
  }
  storage.rename(temporary, path)
  syncDirectory(storage, directoryOf(path))
}

export function syncDirectory(storage: Storage, path: string): void {
  const directory = storage.openDirectory(path)
  if (directory === undefined) return
  try {
    directory.sync()
  } finally {
    directory.close()
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
