import {openLog} from '../../index.ts'
import {type Amount, appendAll, LOG_OPTIONS, rates} from '../append/odradek.ts'
import type {Payload} from '../append/payload.ts'
import type {Context} from '../harness/case.ts'
import {OURS, type Subject} from '../harness/measure.ts'

export const NOT_SYNCING = 'odradek, not syncing'

/** Appends to the page cache, while what is there already goes to the device, over and over, or while nothing does. */
export function appendWhileSyncing(
  {syncing}: {syncing: boolean},
  payload: Payload,
  {before, count}: Amount,
  context: Context,
): Subject {
  return {
    name: syncing ? OURS : NOT_SYNCING,
    fileBytes: (before + count) * payload.recordBytes,
    round: () =>
      context.scratch.use(async dir => {
        const log = await openLog(dir, LOG_OPTIONS)
        try {
          await appendAll(log, payload, 0, before)
          await log.flush({durability: 'synced'})
          const end = new AbortController()
          const syncs = syncing ? syncOn(log, end.signal) : undefined
          const startMs = performance.now()
          await appendAll(log, payload, before, before + count)
          const seconds = (performance.now() - startMs) / 1000
          end.abort()
          await syncs
          return rates('append while syncing', {count, bytes: count * payload.recordBytes, seconds}).slice(0, 1)
        } finally {
          await log.close()
        }
      }),
  }
}

async function syncOn(log: Awaited<ReturnType<typeof openLog>>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await log.flush({durability: 'synced'})
}
