import fs from 'node:fs'
import {listenOn} from './lock-socket.ts'

/** A lock on a dir that the kernel frees however its owner ends. */
export interface KernelLock {
  /** Whether it is a lock on the file itself, which must not be made anew then. */
  readonly isOnFile: boolean
  release(): void
}

/** Of macOS and the BSDs, which Node has no names for: an exclusive `flock` taken in the same step as the file is opened. */
const EXLOCK = 0x20
const NONBLOCK = 0x4
const BSD = new Set<string>(['darwin', 'freebsd', 'openbsd', 'netbsd'])

/**
 * Takes the system's lock for a dir: a socket or pipe named by the directory's device and inode on Linux and Windows, a lock on
 * `file` on macOS and the BSDs. 'taken' where somebody has it, undefined where the system has no such lock.
 */
export async function takeKernelLock(
  dir: string,
  file: string,
  platform: string = process.platform,
): Promise<KernelLock | 'taken' | undefined> {
  if (BSD.has(platform)) return lockFile(file)
  const address = lockAddress(platform, lockName(dir))
  return address === undefined ? undefined : listen(address, platform === 'linux' ? dir : undefined)
}

/** What the lock of a directory is called, by its device and inode. */
export function lockName(dir: string): string {
  const {dev, ino} = fs.statSync(dir, {bigint: true})
  return `odradek-${dev}-${ino}`
}

/** An abstract socket, or a pipe: neither leaves anything behind. */
export function lockAddress(platform: string, name: string): string | undefined {
  if (platform === 'linux') return `\0${name}`
  if (platform === 'win32') return `\\\\?\\pipe\\${name}`
  return undefined
}

/** While `pinned` is open the system gives its number to no other directory, also where it is removed. */
async function listen(address: string, pinned: string | undefined): Promise<KernelLock | 'taken'> {
  const fd = pinned === undefined ? undefined : fs.openSync(pinned, fs.constants.O_RDONLY)
  const unpin = (): void => {
    if (fd !== undefined) fs.closeSync(fd)
  }
  try {
    const server = await listenOn(address)
    if (server === undefined) {
      unpin()
      return 'taken'
    }
    return {
      isOnFile: false,
      release() {
        server.close()
        unpin()
      },
    }
  } catch (error) {
    unpin()
    throw error
  }
}

function lockFile(file: string): KernelLock | 'taken' | undefined {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT | EXLOCK | NONBLOCK, 0o644)
    return {isOnFile: true, release: () => fs.closeSync(fd)}
  } catch (error) {
    const {code} = error as {code?: string}
    if (code === 'EAGAIN') return 'taken'
    // a file system without locks, as some networks have
    if (code === 'ENOTSUP' || code === 'EOPNOTSUPP') return undefined
    throw error
  }
}
