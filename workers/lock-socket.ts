import fs from 'node:fs'
import net from 'node:net'

/**
 * A socket somebody listens on, for no other reason than that it ends with its owner, however that ends. Undefined where
 * another one listens there.
 */
export async function listenOn(path: string): Promise<net.Server | undefined> {
  const server = net.createServer(socket => socket.destroy())
  server.unref()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // exclusive: the workers of a cluster would share one socket, and so each would have the lock
      server.listen({path, exclusive: true}, resolve)
    })
    return server
  } catch (error) {
    if ((error as {code?: string}).code === 'EADDRINUSE') return undefined
    throw error
  }
}

/** Listens on a socket file in the place of whatever stands there; undefined where the file system has no sockets or the path is too long. */
export async function listenInPlaceOf(path: string): Promise<net.Server | undefined> {
  try {
    fs.rmSync(path, {force: true})
    return await listenOn(path)
  } catch {
    return undefined
  }
}

/** Whether it is sure that nobody listens any more on a socket file that is there. */
export function isDeserted(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect({path})
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', error => resolve((error as {code?: string}).code === 'ECONNREFUSED'))
  })
}
