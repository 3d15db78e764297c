/**
 * Random histories of one log, disk and crashes included, against an array (T01). After every step its ends, its segments and
 * every byte, from the files and through the arena, must be what the model says.
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from './runs.ts'
import {LogBed} from './simulation/log-bed.ts'
import {anyLog, logCommands, reached} from './simulation/log-commands.ts'
import {LogModel} from './simulation/log-model.ts'

const test = suite('the log and its model')
const RUNS = 2000
const HITS_MIN = 1000

test('a log is an array of batches, whatever happens', () => {
  const parameters = runs(RUNS)
  fc.assert(
    fc.property(
      anyLog,
      fc.commands(logCommands, {size: '+2', maxCommands: 200}),
      ({config, arena, start}, commands) => {
        fc.modelRun(() => ({model: new LogModel(start), real: new LogBed({config, arena}, start)}), commands)
      },
    ),
    {...parameters, includeErrorInReport: true},
  )
  console.log(reached.toString())
  if (parameters.numRuns >= RUNS) assert.equal(reached.missing(HITS_MIN), [])
})

test.run()
