import type {ThreadLine} from '../engine/cluster/thread-line.ts'
import type {Doorbell} from '../engine/memory/doorbell.ts'

/** What a thread does in rounds. */
export interface Agent {
  /** One round; returns how much there was to do. */
  doWork(): number
  /** How long it can be left alone, in ms. */
  dueInMs(): number
}

/** The loop of a thread that has no event loop: rounds while there is something to do, else asleep on its doorbell. */
export function runBlocking(
  agent: Agent,
  doorbell: Doorbell,
  options: {stopped: () => boolean; sleepMsMax: number},
): void {
  while (!options.stopped()) {
    // before the work: what lands during it cancels the sleep
    const seen = doorbell.count()
    if (agent.doWork() === 0 && !options.stopped()) doorbell.wait(seen, Math.min(agent.dueInMs(), options.sleepMsMax))
  }
}

/** The same for a thread of a cluster that says when it sleeps, and so need not wake to beat. */
export function runSleeping(
  agent: Agent,
  line: ThreadLine,
  options: {stopped: () => boolean; monotonicMs: () => number},
): void {
  const {doorbell} = line
  while (!options.stopped()) {
    const seen = doorbell.count()
    if (agent.doWork() > 0 || options.stopped()) continue
    const dueInMs = agent.dueInMs()
    line.lieDown(seen, options.monotonicMs() + dueInMs)
    doorbell.wait(seen, dueInMs)
    line.getUp(options.monotonicMs())
  }
}
