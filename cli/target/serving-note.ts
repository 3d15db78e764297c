import fs from 'node:fs'
import path from 'node:path'
import {ownerOf} from '../../workers/dir-owner.ts'

/** In a dir that is served: by whom, and where. Whoever finds the dir in use is told. */
const NOTE = '.serving'

interface Note {
  readonly pid: number
  readonly bootstrap: string
}

/** Returns how to take it back. */
export function noteServing(dir: string, bootstrap: string): () => void {
  const file = path.join(dir, NOTE)
  const note: Note = {pid: process.pid, bootstrap}
  fs.writeFileSync(file, JSON.stringify(note))
  return () => fs.rmSync(file, {force: true})
}

/** The address, where the process that has the dir has left it; one that was killed leaves a note, but has the dir no more. */
export function servedAt(dir: string): string | undefined {
  try {
    const {pid, bootstrap} = JSON.parse(fs.readFileSync(path.join(dir, NOTE), 'utf8')) as Partial<Note>
    return pid === ownerOf(path.resolve(dir))?.owner?.pid ? bootstrap : undefined
  } catch {
    return undefined
  }
}
