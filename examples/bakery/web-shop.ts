import {once} from 'node:events'
import {createServer, type IncomingMessage} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'
import type {Producer} from 'odradek/kafkajs'

/** What a path shows: its content type, and how it is made. */
export type Pages = Readonly<Record<string, readonly [type: string, make: () => string]>>

/** Takes orders by POST, which are stored when they are answered, and shows the pages. */
export async function openWebShop(producer: Producer, port: number, pages: Pages) {
  const server = createServer(async (request, response) => {
    try {
      const [status, type, body] = request.method === 'POST' ? await order(request) : show(request.url ?? '/')
      response.writeHead(status, {'content-type': type}).end(body)
    } catch (error) {
      response.writeHead(503).end(`not stored: ${(error as Error).message}`)
    }
  })

  async function order(request: IncomingMessage): Promise<[number, string, string]> {
    const {product, price} = JSON.parse(await text(request)) as {product?: unknown; price?: unknown}
    if (typeof product !== 'string' || typeof price !== 'number')
      return [400, 'text/plain', 'a product and its price, please']
    const value = JSON.stringify({product, price})
    const [stored] = await producer.send({topic: 'web', messages: [{key: product, value}]})
    return [201, 'text/plain', `order ${stored!.baseOffset}`]
  }

  function show(path: string): [number, string, string] {
    const page = pages[path]
    return page === undefined ? [404, 'text/plain', 'there is / and /metrics'] : [200, page[0], page[1]()]
  }

  server.listen(port)
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
