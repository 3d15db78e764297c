import {OdradekError} from '../errors.ts'
import {base64Url, type RandomBytes} from './data-dir.ts'
import {readText, replaceFile} from './files.ts'
import type {Storage} from './storage.ts'

const FILE = 'partition.metadata'
const ZERO_ID = 'A'.repeat(22)
const TEXT = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/

/** The topic id of a partition's directory; undefined where it has none, or none that can be read. */
export function readTopicId(storage: Storage, dir: string): string | undefined {
  const match = TEXT.exec(readText(storage, `${dir}/${FILE}`) ?? '')
  return match === null || match[1] === ZERO_ID ? undefined : match[1]!
}

/** The same, made up where there is none yet; it is on disk before the first append. */
export function ensureTopicId(storage: Storage, dir: string, randomBytes: RandomBytes): string {
  const path = `${dir}/${FILE}`
  if (storage.stat(path) === undefined) {
    const topicId = base64Url(randomBytes(16))
    replaceFile(storage, path, `version: 0\ntopic_id: ${topicId}`)
    return topicId
  }
  const topicId = readTopicId(storage, dir)
  if (topicId === undefined) throw new OdradekError('FOREIGN_DIR', `${path} is corrupt; restore it from a backup`)
  return topicId
}
