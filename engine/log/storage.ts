/**
 * The disk as the engine sees it: synchronous, handed in from outside, so that a test can hand in one that fails, tears
 * or forgets. Paths are joined with '/'. Every method throws the system's error (`code` = ENOSPC, ENOENT, …).
 */
export interface StorageFile {
  /** What a thread of the same process names the file by. */
  readonly fd: number
  /** Reads up to `length` bytes into `target` at `at`; fewer only at the end of the file. */
  read(target: Uint8Array, at: number, length: number, position: number): number
  /** Writes up to `length` bytes and returns how many: a full disk first shows as a short count. */
  write(source: Uint8Array, at: number, length: number, position: number): number
  /** Writes `parts`, at most 1024, one behind the other, as a single write, and returns how many bytes. */
  writeMany(parts: readonly Uint8Array[], position: number): number
  truncate(size: number): void
  size(): number
  /** Puts the data on stable storage. After one failure the file's state is unknown for good. */
  sync(): void
  close(): void
}

export interface Storage {
  /** `read` and `write` want the file to be there, `create` wants it not to be. */
  open(path: string, mode: 'read' | 'write' | 'create'): StorageFile
  /** A directory as something to sync, so that names made in it last; undefined where the system has no such thing. */
  openDirectory(path: string): StorageFile | undefined
  /** Entries of a directory, in no order; undefined where there is none. */
  list(path: string): readonly DirectoryEntry[] | undefined
  stat(path: string): FileStatus | undefined
  makeDirectory(path: string): void
  remove(path: string): void
  /** Removes a directory that is empty. */
  removeDirectory(path: string): void
  rename(from: string, to: string): void
}

export interface DirectoryEntry {
  readonly name: string
  readonly directory: boolean
}

export interface FileStatus {
  readonly size: number
  readonly modifiedMs: number
  readonly directory: boolean
}
