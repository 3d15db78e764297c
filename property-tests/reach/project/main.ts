/** Runs the program with the worker that lies beside this script: `main.js ATTACH [ENTRY]`. It must end by itself. */
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {reach} from './program.ts'

const [script = '', attach = '', entry] = process.argv.slice(1)
const beside = (name: string): string => path.join(path.dirname(script), name)

reach(beside(attach), entry === undefined ? undefined : pathToFileURL(beside(entry))).then(
  metrics => console.log(`reached ${metrics.logEndOffset}`),
  error => {
    console.error(error)
    process.exitCode = 1
  },
)
