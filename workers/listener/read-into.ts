import net from 'node:net'

/**
 * The same connection as a socket that reads into `memory`, which is given to `take` and good during that call. A server of `node:net` has no such option for what it
 * accepts (`onread`), only sockets have: so the handle below moves into one that was made with it. The accepted socket reads memory of 64 KiB each time, which the
 * collector has to find again. Where there is no such handle that is what is done.
 */
export function readInto(memory: Uint8Array, accepted: net.Socket, take: (bytes: Uint8Array) => void): net.Socket {
  const handle = (accepted as {_handle?: {useUserBuffer?: unknown}})._handle
  if (typeof handle?.useUserBuffer !== 'function') {
    accepted.on('data', take).resume()
    return accepted
  }
  const onread: net.OnReadOpts = {
    buffer: memory,
    callback(length) {
      take(memory.subarray(0, length))
      return true
    },
  }
  return new net.Socket({handle, onread} as net.SocketConstructorOpts)
}
