/** A process with a cluster is killed, and the next one has the cluster open. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {runProgram} from '../door/run-program.ts'
import {tempDir} from '../door/temp-dir.ts'

const ROUNDS = 5

test('a reader sees at once what was acknowledged by all, and its end is where the log ends', async () => {
  const dir = tempDir()
  for (let round = 1; round <= ROUNDS; round++) {
    assert.is((await runProgram('send and die', [dir], {file: 'cluster-programs'})).signal, 'SIGKILL')
    const cluster = await openCluster({dir, brokers: 3})
    for (let number = 0; number < 4; number++) {
      const partition = await cluster.partition('t', number)
      assert.is(partition.reader({from: 'latest'}).position, 3 * round, `partition ${number}, round ${round}`)
      assert.is(
        partition.reader().poll(() => {}),
        3 * round,
      )
    }
    await cluster.close()
  }
})

test.run()
