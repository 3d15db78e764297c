import fs from 'node:fs'
import path from 'node:path'
import {OdradekError, storageError} from '../engine/errors.ts'
import {syncDirectory} from '../engine/log/files.ts'
import {nodeStorage} from './storage.ts'

/**
 * Makes a directory and those above it, so that their names last, or what is synced in them is lost with them. One level at a
 * time: Node's own `recursive` never returns where a file system takes no directories, as `/proc`.
 */
export function makeDirectory(dir: string): void {
  try {
    for (const level of missingLevels(dir)) {
      makeLevel(level)
      syncDirectory(nodeStorage, path.dirname(level))
    }
    if (!isDirectory(dir)) throw systemError('ENOTDIR')
  } catch (error) {
    const {code} = error as {code?: string}
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new OdradekError('NOT_A_DIRECTORY', `${dir} is a file or a link to nowhere, or lies below one`, {
        cause: error,
      })
    throw storageError(error, `making ${dir}`)
  }
}

/** What is to be made, from the top. */
function missingLevels(dir: string): string[] {
  const levels: string[] = []
  for (let level = dir; fs.statSync(level, {throwIfNoEntry: false}) === undefined; level = path.dirname(level)) {
    levels.unshift(level)
    if (path.dirname(level) === level) break
  }
  return levels
}

function makeLevel(level: string): void {
  try {
    fs.mkdirSync(level)
  } catch (error) {
    // somebody else may have made it just now
    if ((error as {code?: string}).code !== 'EEXIST' || !isDirectory(level)) throw error
  }
}

function isDirectory(path: string): boolean {
  return fs.statSync(path, {throwIfNoEntry: false})?.isDirectory() === true
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), {code})
}
