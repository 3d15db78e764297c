import {Readable, Writable} from 'node:stream'
import type {WriteStream} from 'node:tty'
import {main} from '../../cli/main.ts'
import type {Ending} from './run-cli.ts'

/** Runs a command in this process, which costs no start of another. What is about processes uses `runCli`. */
export async function runHere(args: readonly string[], input: string | Uint8Array = ''): Promise<Ending> {
  const [stdout, stderr] = [new Sink(), new Sink()]
  const stdin = Readable.from([Buffer.from(input as string)])
  const status = await main(args, {
    stdin,
    stdout: stdout as unknown as WriteStream,
    stderr: stderr as unknown as WriteStream,
  })
  return {status, stdout: stdout.text(), stderr: stderr.text()}
}

/** No terminal: it keeps what it is given. */
class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
