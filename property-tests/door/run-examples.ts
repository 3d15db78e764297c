import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Printed} from './examples-output.ts'
import {tempDir} from './temp-dir.ts'
import {userEnv} from './user-env.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

/** Has each example run as it stands, so many times one after the other in a directory that was empty. */
export function testExamples(printed: Printed, {times}: {times: number}): void {
  for (const [name, lines] of Object.entries(printed)) {
    test(`${name} runs, ${times} times on what it left`, () => {
      const cwd = tempDir()
      for (let run = 0; run < times; run++) {
        const {status, stdout, stderr} = spawnSync(process.execPath, [`${examples}${name}.js`], {
          cwd,
          env: userEnv(),
          encoding: 'utf8',
          timeout: 20_000,
        })
        assert.is(stderr, '')
        assert.equal(stdout.trimEnd().split('\n'), lines(run))
        assert.is(status, 0)
      }
    })
  }
}

/** Names of all the examples there are. */
export function exampleNames(): string[] {
  return fs.readdirSync(examples).flatMap(name => (name.endsWith('.js') ? [name.slice(0, -3)] : []))
}
