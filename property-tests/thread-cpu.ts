import {readFileSync} from 'node:fs'

/** Processor time of this thread in ms, whatever else the machine does meanwhile; where the system does not tell, the time that has passed. */
export function threadCpuMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}
