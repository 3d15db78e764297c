/** What docs/commands.md shows is what a shell prints. */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {commandsShown, shell, steady} from '../cli/sessions.ts'

const root = path.dirname(fileURLToPath(import.meta.resolve('odradek/package.json')))

test('every command of docs/commands.md prints what stands below it', () => {
  const shown = commandsShown(fs.readFileSync(`${root}/docs/commands.md`, 'utf8'))
  assert.ok(shown.length >= 25)
  const run = shell()
  for (const {command, printed} of shown) assert.is(steady(run(command)), steady(printed), command)
})

test.run()
