import type {LogOwner} from '../open-view.ts'

/** Who has a log open, for people. */
export function ownerText(owner: LogOwner | undefined): string {
  if (owner === undefined) return 'not open'
  return owner.pid === null ? 'open in another process' : `open in process ${owner.pid} on ${owner.host}`
}
