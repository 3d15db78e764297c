/** A cluster closes also while a broker of it is only coming up. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

const CLEAN = '.kafka_cleanshutdown'

/** Broker 1 of two was killed, and its logs are to be recovered. */
function killed(): ClusterBed {
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
  return bed
}

const isStarting = (bed: ClusterBed) => () => bed.process.threads.some(({name}) => name === 'host-0')

test('what a broker is told to host once it closes starts no thread that nobody closes', () => {
  const bed = killed()
  bed.stall(bed.thread('coordinator-1'), 200)
  bed.bringUp(1)
  bed.until('its first thread starts', isStarting(bed))
  bed.stall(bed.host(0), 400)
  bed.close()
})

test('a broker that closes before it has opened its logs does not say that they were closed in order', () => {
  const bed = killed()
  bed.killCoordinator()
  bed.bringUp(1)
  bed.until('its first thread starts', isStarting(bed))
  bed.close()
  assert.not(bed.filesOf(1).includes(CLEAN))
  assert.ok(bed.filesOf(2).includes(CLEAN))
  bed.restart()
  assert.is(bed.send('t'), 1)
})

test.run()
