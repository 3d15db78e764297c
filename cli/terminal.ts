import type {Readable} from 'node:stream'
import type {WriteStream} from 'node:tty'

/** What a command reads from and prints to: the process, or what a test hands it. */
export interface Terminal {
  readonly stdin: Readable & {readonly isTTY?: boolean}
  readonly stdout: WriteStream
  readonly stderr: WriteStream
}
