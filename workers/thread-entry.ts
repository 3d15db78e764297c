import fs from 'node:fs'
import {OdradekError} from '../engine/errors.ts'
import {ownUrl} from './thread-start.ts'

/**
 * Installed, the script is CommonJS. In variables: bundlers that see the name would copy the file alone, without what it imports.
 */
const FILES = ['./odradek-thread.cjs', './odradek-thread.js']

/**
 * The script of our threads, as a URL: the one given, else the package's own file, else, where a bundler left that behind,
 * the same with all it imports as text.
 */
export async function threadEntry(given: string | undefined): Promise<string> {
  return given ?? ownFile() ?? (await inlined())
}

function ownFile(): string | undefined {
  const url = ownUrl()
  if (url === undefined) return undefined
  return FILES.map(file => new URL(file, url)).find(file => fs.existsSync(file))?.href
}

async function inlined(): Promise<string> {
  const {INLINED_THREAD} = await import('./inlined-thread.ts')
  if (INLINED_THREAD === '') {
    throw new OdradekError(
      'INVALID_CONFIG',
      "the script of the log's threads is missing; bundle odradek/thread as an entry of its own and name it with the option workerEntry",
    )
  }
  return `data:text/javascript,${encodeURIComponent(INLINED_THREAD)}`
}
