import {OdradekError} from '../errors.ts'
import {base64Url, type RandomBytes} from './data-dir.ts'
import {readText, replaceFile} from './files.ts'
import type {Storage} from './storage.ts'

const FILE = 'partition.metadata'
const ZERO_ID = 'A'.repeat(22)

/** The topic id of a partition's directory, made up where there is none yet; it is on disk before the first append. */
export function ensureTopicId(storage: Storage, dir: string, randomBytes: RandomBytes): string {
  const path = `${dir}/${FILE}`
  const text = readText(storage, path)
  if (text === undefined) {
    const topicId = base64Url(randomBytes(16))
    replaceFile(storage, path, `version: 0\ntopic_id: ${topicId}`)
    return topicId
  }
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)
  if (match === null || match[1] === ZERO_ID)
    throw new OdradekError('FOREIGN_DIR', `${path} is corrupt; restore it from a backup`)
  return match[1]!
}
