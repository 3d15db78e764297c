/**
 * Random histories of one log, disk and crashes included, against an array (T01). After every step its ends, its segments and
 * every byte, from the files and through the arena, must be what the model says.
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from './runs.ts'
import {LogBed} from './simulation/log-bed.ts'
import {reached} from './simulation/log-commands.ts'
import {anyLog, logSteps} from './simulation/log-histories.ts'
import {LogModel} from './simulation/log-model.ts'

const test = suite('the log and its model')
/** As many as `npm test` has time for; `npm run test:faults` runs it longer. */
const RUNS = 250
/** With so many runs every named state is hit. */
const RUNS_FOR_HITS = 2000
const HITS_MIN = 1000

/** A failure prints its seed, its path and the path among its commands: SEED=… PATH_=… REPLAY_PATH=… shows it again. */
const {REPLAY_PATH} = process.env

test('a log is an array of batches, whatever happens', () => {
  const parameters = runs(RUNS)
  const replay = REPLAY_PATH === undefined ? {} : {replayPath: REPLAY_PATH}
  const commands = fc.commands(logSteps, {size: '+2', maxCommands: 200, ...replay})
  fc.assert(
    fc.property(anyLog, commands, ({config, arena, read, start}, history) => {
      fc.modelRun(() => ({model: new LogModel(start), real: new LogBed({config, arena, read}, start)}), history)
    }),
    {...parameters, includeErrorInReport: true, endOnFailure: parameters.path !== undefined},
  )
  console.log(reached.toString())
  if (parameters.numRuns >= RUNS_FOR_HITS) assert.equal(reached.missing(HITS_MIN), [])
})

test.run()
