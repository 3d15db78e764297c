/** A cluster closes also while a broker of it is only coming up. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

const CLEAN = '.kafka_cleanshutdown'

/** Broker 1 was killed and comes up again; what it is to host it is told only after it was told to close, while its first thread still starts. */
function closedWhileItStarts({hostMs, coordinatorMs}: {hostMs: number; coordinatorMs: number}): ClusterBed {
  const bed = new ClusterBed({brokers: 2, hostsABroker: 3})
  bed.create('t', [
    [1, 2],
    [2, 1],
    [1, 2],
  ])
  assert.is(bed.send('t'), 0)
  // until a checkpoint speaks of the logs
  bed.runFor(3000)
  bed.kill(1)
  bed.runFor(3000)
  bed.stall(bed.thread('coordinator-1'), coordinatorMs)
  bed.bringUp(1)
  bed.until('its first thread starts', () => bed.process.threads.some(({name}) => name === 'host-0'))
  bed.stall(bed.host(0), hostMs)
  bed.close()
  return bed
}

test('what a broker is told to host once it closes starts no thread that nobody closes', () => {
  closedWhileItStarts({hostMs: 400, coordinatorMs: 200})
})

test('a broker that closes before it has opened its logs does not say that they were closed in order', () => {
  const bed = closedWhileItStarts({hostMs: 50, coordinatorMs: 800})
  assert.not(bed.filesOf(1).includes(CLEAN))
  assert.ok(bed.filesOf(2).includes(CLEAN))
  bed.restart()
  assert.is(bed.send('t'), 1)
})

test.run()
