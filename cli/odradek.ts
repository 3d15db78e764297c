#!/usr/bin/env node
import {main} from './main.ts'

/** What a client that was given up leaves behind, such as a connection to a broker that does not answer, keeps the process no longer. */
const LINGER_MS_MAX = 500

process.exitCode = await main(process.argv.slice(2), process)
setTimeout(() => process.exit(), LINGER_MS_MAX).unref()
