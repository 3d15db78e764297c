import type {DirectoryEntry} from '../../engine/log/storage.ts'
import type {Inode} from './inode.ts'

/** Names of files, and which of them stand in each directory, in the order in which they came. */
export class FileNames implements Iterable<readonly [string, Inode]> {
  readonly #inodes = new Map<string, Inode>()
  readonly #paths = new Map<string, Set<string>>()
  /** What was listed of a directory and is as it was. */
  readonly #listed = new Map<string, readonly DirectoryEntry[]>()

  get(path: string): Inode | undefined {
    return this.#inodes.get(path)
  }

  has(path: string): boolean {
    return this.#inodes.has(path)
  }

  set(path: string, inode: Inode): void {
    if (!this.#inodes.has(path)) {
      const directory = directoryOf(path)
      const paths = this.#paths.get(directory)
      if (paths === undefined) this.#paths.set(directory, new Set([path]))
      else paths.add(path)
      this.#listed.delete(directory)
    }
    this.#inodes.set(path, inode)
  }

  delete(path: string): void {
    if (!this.#inodes.delete(path)) return
    const directory = directoryOf(path)
    this.#paths.get(directory)!.delete(path)
    this.#listed.delete(directory)
  }

  clear(): void {
    this.#inodes.clear()
    this.#paths.clear()
    this.#listed.clear()
  }

  list(directory: string): readonly DirectoryEntry[] {
    const known = this.#listed.get(directory)
    if (known !== undefined) return known
    const entries: DirectoryEntry[] = []
    for (const path of this.#paths.get(directory) ?? [])
      entries.push({name: path.slice(directory.length + 1), directory: false})
    this.#listed.set(directory, entries)
    return entries
  }

  /** Paths at any depth below a directory. */
  within(directory: string): string[] {
    return [...this.#inodes.keys()].filter(path => path.startsWith(`${directory}/`))
  }

  [Symbol.iterator](): Iterator<readonly [string, Inode]> {
    return this.#inodes.entries()
  }
}

export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** Whether a path names something in the directory itself. */
export function isIn(path: string, directory: string): boolean {
  return path.lastIndexOf('/') === directory.length && path.startsWith(directory) && path !== ''
}
