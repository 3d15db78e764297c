#!/usr/bin/env node
import {exitCodeOf} from './failure.ts'
import {program} from './program.ts'

/** The `odradek` command. What it does is in program.ts and log/; here is only how it ends. */
try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error, line => process.stderr.write(line))
}
