import {openLog} from '../index.ts'
import {bytesPayload} from './append/payload.ts'
import {bound} from './harness/bound.ts'
import type {Case, Context} from './harness/case.ts'
import {expectSame} from './harness/check.ts'
import {runChild} from './harness/child.ts'
import {compare} from './harness/compare.ts'
import {OURS, type Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'

const MIB = 1024 * 1024
const TAIL = 'an unsynced tail'
const SMALL_TAIL = 'a synced log with an unsynced tail of 1 MiB'
const SMALL_LOG = 'a log of that tail alone'
const {recordBytes} = bytesPayload('1 KiB', 1024)

export const recover: Case = {
  name: 'recover',
  question: 'How long does it take to open a log whose process was killed?',
  method:
    'Records of 1 KiB. A process appends, syncs what it says here, appends the tail and is killed by SIGKILL; then the dir is opened. The rate is the tail’s bytes by the time of `openLog`, ' +
    'from the page cache, in one segment. In the other two rows the tail is 1 MiB, once behind a log of the size of the tail above and once alone.',
  async run(context) {
    const {pick} = context.scale
    const records = Math.floor((pick({full: 1024, quick: 256, tiny: 1}) * MIB) / recordBytes)
    const few = Math.floor(MIB / recordBytes)
    context.progress('kill, open')
    const results = await measureRounds(
      [
        openKilled(TAIL, {synced: 0, unsynced: records}, context),
        openKilled(SMALL_TAIL, {synced: records, unsynced: few}, context),
        {...openKilled(SMALL_LOG, {synced: 0, unsynced: few}, context), name: 'odradek, little to open'},
      ],
      context,
    )
    const alone = results.filter(({what}) => what === SMALL_LOG).map(result => ({...result, what: SMALL_TAIL}))
    return compare({case: 'recover', level: 'written'}, [
      ...results.filter(({what}) => what !== SMALL_LOG),
      ...alone,
      bound(TAIL, 'MiB/s', 1e9 / MIB),
    ])
  },
}

interface Killed {
  readonly synced: number
  readonly unsynced: number
}

function openKilled(what: string, {synced, unsynced}: Killed, context: Context): Subject {
  return {
    name: OURS,
    fileBytes: (synced + unsynced) * recordBytes,
    round: () =>
      context.scratch.use(async dir => {
        const args = [dir, synced, unsynced, 2 ** 31 - 1].map(String)
        await runChild(new URL('./recover/killed.js', import.meta.url), args)
        const startMs = performance.now()
        const log = await openLog(dir)
        const ms = performance.now() - startMs
        expectSame('records after recovery', log.logEndOffset, synced + unsynced)
        expectSame('clean closes', Number(log.recovered.clean), 0)
        await log.close()
        if (what !== TAIL) return [{what, unit: 'ms', value: ms}]
        return [{what, unit: 'MiB/s', value: (unsynced * recordBytes) / MIB / (ms / 1000)}]
      }),
  }
}
