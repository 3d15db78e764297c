import {isGreater} from './metadata-batch.ts'
import {MetadataLog, type MetadataWorld} from './metadata-log.ts'

/**
 * The last resort where no majority of the metadata logs is whole, and the way to an ensemble of another size: of what is left in any of the
 * coordinators' dirs the log that goes furthest is the truth from here on, and every coordinator gets a copy. Changes that were
 * committed and are in no other dir than the lost ones are lost. For whoever starts the coordinators, before any runs; cut off, it is done
 * again. Returns whose log it was, as an index.
 */
export function forceAgreement(worlds: readonly MetadataWorld[]): number {
  const logs = worlds.map(world => MetadataLog.open(world, {force: true}))
  const best = logs.reduce((greatest, log) => (isGreater(log.last, greatest.last) ? log : greatest))
  const epoch = Math.max(...logs.map(({quorum}) => quorum.epoch), best.last.epoch)
  const chosen = logs.indexOf(best)
  best.quorum.promise(epoch)
  for (const [i, log] of logs.entries()) {
    if (i === chosen) continue
    log.close()
    const copy = MetadataLog.open(worlds[i]!, {empty: true})
    if (best.snapshot !== undefined) copy.putSnapshot({position: best.start, snapshot: best.snapshot})
    for (const batch of best.batchesBehind(best.start, Number.POSITIVE_INFINITY)) copy.append(batch)
    copy.sync()
    copy.quorum.promise(epoch)
    copy.quorum.setIntact(true)
    copy.close()
  }
  best.close()
  return chosen
}
