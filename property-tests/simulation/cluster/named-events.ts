/** What a simulation of clusters must come by, or its histories prove little: counted, so that a test can ask for a least number of each. */
import type {DiskCallKind} from '../memory-disk.ts'
import type {SimThread} from './sim-thread.ts'

export const NAMED_EVENTS = [
  'a coordinator is killed',
  'a broker is killed',
  'a host is killed',
  'a thread is killed in the middle of a round',
  'a thread is stalled',
  'the process is killed',
  'power is lost',
  'a sync fails',
  'a write fails',
  'a write is short',
  'another leader',
  'a leader in its own place again',
  'nobody leads',
  'a replica leaves the ISR',
  'a replica enters the ISR',
  'a topic is deleted',
  'a log is cut',
  'a log is compacted',
  'a directory is put aside or removed',
  'another coordinator holds the lease',
  'most coordinators are down',
  'a batch is not acknowledged',
] as const
export type ReachedName = (typeof NAMED_EVENTS)[number]

export function kindOf({name}: SimThread): 'coordinator' | 'broker' | 'host' {
  return name.slice(0, name.indexOf('-')) as 'coordinator' | 'broker' | 'host'
}

/** What a call to the disk is that went well. */
export function diskEvent(kind: DiskCallKind, path: string): ReachedName | undefined {
  if (kind === 'truncate' && path.endsWith('.log') && path.includes('/broker-')) return 'a log is cut'
  if (kind === 'rename' && path.endsWith('.log.swap')) return 'a log is compacted'
  return kind === 'rename' && /-\d+$/.test(path) ? 'a directory is put aside or removed' : undefined
}
