import fs from 'node:fs'

/** The syncs this thread does while `body` runs, in order: `fsync` or `fdatasync`, and the path. */
export async function syncsOf(body: () => unknown): Promise<string[]> {
  const {openSync, fsyncSync, fdatasyncSync} = fs
  const paths = new Map<number, string>()
  const syncs: string[] = []
  fs.openSync = (path, flags, mode) => {
    const fd = openSync(path, flags, mode)
    paths.set(fd, String(path))
    return fd
  }
  fs.fsyncSync = fd => {
    syncs.push(`fsync ${paths.get(fd)}`)
    fsyncSync(fd)
  }
  fs.fdatasyncSync = fd => {
    syncs.push(`fdatasync ${paths.get(fd)}`)
    fdatasyncSync(fd)
  }
  try {
    await body()
  } finally {
    Object.assign(fs, {openSync, fsyncSync, fdatasyncSync})
  }
  return syncs
}
