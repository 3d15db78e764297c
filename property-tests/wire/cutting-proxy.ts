import {once} from 'node:events'
import net from 'node:net'
import {setTimeout} from 'node:timers/promises'
import fc from 'fast-check'

export interface Cut {
  /** Behind so many more bytes, of requests or of answers. */
  readonly bytes: number
  readonly of: 'requests' | 'answers'
  readonly how: 'destroyed' | 'ended' | 'held up'
}

export const anyCut: fc.Arbitrary<Cut> = fc.record({
  bytes: fc.oneof(fc.nat({max: 400}), fc.nat({max: 6000})),
  of: fc.constantFrom('requests', 'answers'),
  how: fc.constantFrom('destroyed', 'ended', 'held up'),
})

const HELD_UP_MS = 50

/**
 * Stands at 127.0.0.2 between clients and the broker of 127.0.0.1, on the broker's own port, and cuts their connections as `cuts` says, one cut behind the other,
 * until there are none left. With `wholeAnswers` those that would end within an answer end before it: a small answer comes in one piece.
 */
export async function startProxy(port: number, cuts: Cut[], {wholeAnswers = false} = {}): Promise<net.Server> {
  const server = net.createServer({noDelay: true}, client => {
    const broker = net.connect({host: '127.0.0.1', port, noDelay: true})
    client.on('error', () => broker.destroy()).on('close', () => broker.destroy())
    broker.on('error', () => client.destroy()).on('close', () => client.destroy())
    let cut = cuts.shift()
    let left = cut?.bytes ?? 0
    const pass = (from: net.Socket, to: net.Socket, of: Cut['of']): void => {
      from.on('data', bytes => {
        if (cut?.of !== of || left > bytes.length) {
          to.write(bytes)
          if (cut?.of === of) left -= bytes.length
          return
        }
        const isWhole = wholeAnswers && of === 'answers' && cut.how !== 'held up'
        if (left > 0 && !isWhole) to.write(bytes.subarray(0, left))
        if (cut.how === 'destroyed') from.destroy()
        else if (cut.how === 'ended') to.end()
        else hold(from, to, bytes.subarray(left))
        // who was only held up comes to the next one
        cut = cuts.shift()
        left = cut?.bytes ?? 0
      })
    }
    pass(client, broker, 'requests')
    pass(broker, client, 'answers')
  })
  server.listen({host: '127.0.0.2', port})
  await once(server, 'listening')
  return server
}

function hold(from: net.Socket, to: net.Socket, rest: Uint8Array): void {
  from.pause()
  void setTimeout(HELD_UP_MS).then(() => {
    to.write(rest)
    from.resume()
  })
}
