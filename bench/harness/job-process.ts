/** The process of one job: measures, reports to its parent, and ends. */
import {CASES} from '../cases.ts'
import {measureYardsticks} from '../limits/yardsticks.ts'
import type {Context} from './case.ts'
import type {Job, JobDone, JobMessage} from './job.ts'
import {Quiet} from './quiet.ts'
import {scaleOf} from './scale.ts'
import {Scratch} from './scratch.ts'
import {Yardsticks} from './yardsticks.ts'

/** What all waits for a quiet machine may take together, in one job. */
const PATIENCE_MS = {full: 30_000, quick: 500, tiny: 0}

process.once('message', async (job: Job) => {
  try {
    tell({done: await work(job)})
  } catch (error) {
    tell({failed: error instanceof Error ? (error.stack ?? error.message) : String(error)})
    process.exitCode = 1
  }
  process.disconnect()
})

async function work({case: name, scale, dir, yardsticks}: Job): Promise<JobDone> {
  const quiet = new Quiet(PATIENCE_MS[scale])
  const context: Context = {
    scale: scaleOf(scale),
    scratch: new Scratch(dir),
    quiet,
    yardsticks: new Yardsticks(yardsticks),
    installPeers: scale !== 'tiny',
    progress: text => tell({progress: text}),
  }
  if (name === undefined) {
    const {results} = await measureYardsticks(context)
    return {rows: [], yardsticks: results, others: quiet.others}
  }
  const rows = await CASES.find(one => one.name === name)!.run(context)
  return {rows, yardsticks: [], others: quiet.others}
}

function tell(message: JobMessage): void {
  process.send!(message)
}
