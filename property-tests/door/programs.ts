/**
 * Small programs that tests run in a process of their own: `node programs.js NAME ARGUMENT…`. Each does one thing that a test
 * cannot do to itself, such as ending, and prints what the test wants to know.
 */
import {type Log, type LogOptions, type OdradekError, openLog} from '../../index.ts'

const workerEntry = new URL('./crashing-replica.js', import.meta.url)

const codeOf = (error: OdradekError): string => error.code

const PROGRAMS: Readonly<Record<string, (...args: string[]) => Promise<void>>> = {
  async 'fill-memory'(dir) {
    const log = await openLog(dir!, {workerEntry})
    await log.send('one')
    const code = await log.send('#fill-memory').then(() => 'stored', codeOf)
    const again = await openLog(dir!)
    const [first] = (await again.reader().batches().next()).value!
    console.log(code, first!.text())
    await again.close()
  },
}

await PROGRAMS[process.argv[2]!]!(...process.argv.slice(3))
void ({} as Log | LogOptions)
