import fs from 'node:fs'

export type Write = (fd: number, bytes: Buffer, position: number) => number

/** From here on every write of this thread, of one part or of several, is the one that `intercept` makes of the real one. */
export function interceptWrites(intercept: (write: Write) => Write): void {
  const real = fs.writeSync.bind(fs)
  const write = intercept((fd, bytes, position) => real(fd, bytes, 0, bytes.length, position))
  fs.writeSync = ((fd: number, source: Uint8Array, at: number, length: number, position: number) =>
    write(fd, Buffer.from(source.buffer, source.byteOffset + at, length), position)) as typeof fs.writeSync
  fs.writevSync = ((fd: number, parts: readonly Uint8Array[], position: number) =>
    write(fd, Buffer.concat(parts), position)) as typeof fs.writevSync
}
