import {type LogOptions, type OpenLog, openLog} from '../../index.ts'
import {tempDir} from './temp-dir.ts'

/** Runs `body` on a new log in a directory of its own, and closes it. */
export async function onNewLog(
  options: LogOptions,
  body: (log: OpenLog, dir: string) => Promise<void> | void,
): Promise<void> {
  const dir = tempDir()
  const log = await openLog(dir, options)
  try {
    await body(log, dir)
  } finally {
    await log.close()
  }
}
