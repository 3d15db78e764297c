import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {OdradekError} from '../engine/errors.ts'

/**
 * The absolute path of a directory that was named by a path or a `file:` URL: it stays what it is when the process goes to
 * another working directory. A URL's own escapes (`%20`) are undone; in a path a `%` is a `%`.
 */
export function resolveDir(dir: string | URL): string {
  const named = typeof dir === 'string' ? dir : pathOf(dir)
  if (named === undefined || named === '' || named.includes('\0'))
    throw new OdradekError('INVALID_ARGUMENT', 'dir is the path of a directory, or a file: URL')
  if (/^file:\/\//i.test(named))
    throw new OdradekError(
      'INVALID_ARGUMENT',
      `dir is a path or a URL, and '${named}' is the text of a URL: pass new URL(…)`,
    )
  return path.resolve(named)
}

function pathOf(url: URL | undefined): string | undefined {
  try {
    return fileURLToPath(url!.href)
  } catch {
    return undefined
  }
}
