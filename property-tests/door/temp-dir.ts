import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const made: string[] = []

/** A new, empty directory, gone when the process ends. */
export function tempDir(): string {
  if (made.length === 0) process.once('exit', removeAll)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-'))
  made.push(dir)
  return dir
}

function removeAll(): void {
  for (const dir of made) fs.rmSync(dir, {recursive: true, force: true})
}
