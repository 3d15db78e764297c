import net from 'node:net'
import {Failure, UsageError} from '../failure.ts'

const CONNECT_MS_MAX = 3000

/** A list as Kafka's tools take it: `host:port,host:port`. */
export function addressesOf(text: string): string[] {
  const addresses = text.split(',').map(address => address.trim())
  for (const address of addresses)
    if (!/^[^\s/:]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/i.test(address))
      throw new UsageError(`-b takes HOST:PORT, or several with commas between them, not '${address}'`)
  return addresses
}

/** Resolves when somebody listens at one of the addresses: a client would try again for long before it said that nobody does. */
export async function reach(addresses: readonly string[]): Promise<void> {
  try {
    await Promise.any(addresses.map(connectTo))
  } catch (error) {
    const [first] = (error as AggregateError).errors as Error[]
    throw new Failure(
      `nobody answers at ${addresses.join(', ')} (${first!.message}); odradek serve starts brokers, and --dir DIR needs none`,
    )
  }
}

async function connectTo(address: string): Promise<void> {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  const socket = net.connect({host, port: Number(address.slice(at + 1)), timeout: CONNECT_MS_MAX})
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
      socket.once('timeout', () => reject(new Error(`no answer within ${CONNECT_MS_MAX} ms`)))
    })
  } finally {
    socket.destroy()
  }
}
