import fs from 'node:fs'
import net from 'node:net'

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
  const {dev, ino} = fs.statSync(dir, {bigint: true})
  const address = lockAddress(platform, `odradek-${dev}-${ino}`)
  return address === undefined ? undefined : listen(address)
}

/** An abstract socket, or a pipe: neither leaves anything behind. */
export function lockAddress(platform: string, name: string): string | undefined {
  if (platform === 'linux') return `\0${name}`
  if (platform === 'win32') return `\\\\?\\pipe\\${name}`
  return undefined
}

async function listen(address: string): Promise<KernelLock | 'taken'> {
  const server = net.createServer(socket => socket.destroy())
  server.unref()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // exclusive: the workers of a cluster would share one socket, and so each would have the lock
      server.listen({path: address, exclusive: true}, resolve)
    })
    return {isOnFile: false, release: () => server.close()}
  } catch (error) {
    if ((error as {code?: string}).code === 'EADDRINUSE') return 'taken'
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
