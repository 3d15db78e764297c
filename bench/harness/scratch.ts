import fs from 'node:fs'
import path from 'node:path'

/** Directories that are new for each use and gone after it, so that no subject's dirty pages are written during the next. */
export class Scratch {
  readonly base: string
  #count = 0

  constructor(base: string) {
    this.base = base
  }

  async use<T>(work: (dir: string) => Promise<T>): Promise<T> {
    const dir = path.join(this.base, String(this.#count++))
    fs.mkdirSync(dir)
    try {
      return await work(dir)
    } finally {
      fs.rmSync(dir, {recursive: true, force: true})
    }
  }
}
