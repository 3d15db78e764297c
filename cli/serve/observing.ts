import http from 'node:http'
import type {AddressInfo} from 'node:net'
import {Failure, failureText} from '../failure.ts'

/** What a look at the cluster answers with. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A server for whoever looks on: Prometheus, and what asks whether the cluster is well. It only answers GET. */
export class Observing {
  readonly url: string
  readonly #server: http.Server

  private constructor(server: http.Server, host: string) {
    const {port} = server.address() as AddressInfo
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    this.#server = server
  }

  /** `answers` by path. */
  static async start(
    {host, port}: {host: string; port: number},
    answers: Readonly<Record<string, () => Promise<Answer>>>,
  ): Promise<Observing> {
    const server = http.createServer((request, response) => {
      void answerTo(request, answers).then(({status, type, body}) => {
        response.writeHead(status, {'content-type': type}).end(request.method === 'HEAD' ? '' : body)
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', ({code, message}: NodeJS.ErrnoException) =>
        reject(new Failure(code === 'EADDRINUSE' ? `port ${port} for --metrics is in use; 0 picks one` : message)),
      )
      server.listen({host, port}, resolve)
    })
    return new Observing(server, host)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}

const TEXT = 'text/plain; charset=utf-8'

async function answerTo(
  {method, url = '/'}: http.IncomingMessage,
  answers: Readonly<Record<string, () => Promise<Answer>>>,
): Promise<Answer> {
  const [path] = url.split('?')
  if (method !== 'GET' && method !== 'HEAD') return {status: 405, type: TEXT, body: 'GET only\n'}
  const answer = Object.hasOwn(answers, path!) ? answers[path!] : undefined
  const paths = Object.keys(answers).join('\n')
  if (answer === undefined) return {status: path === '/' ? 200 : 404, type: TEXT, body: `${paths}\n`}
  try {
    return await answer()
  } catch (error) {
    return {status: 503, type: TEXT, body: `${failureText(error)}\n`}
  }
}
