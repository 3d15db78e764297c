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

/** One broker's log of three records, whose process was killed once a checkpoint spoke of it. */
function crashed(meanwhile: (bed: ClusterBed) => void): ClusterBed {
  const bed = new ClusterBed({hostsABroker: 1})
  for (const topic of ['t', 'other']) bed.create(topic, [[1]])
  for (const topic of ['t', 't', 't', 'other']) bed.send(topic)
  bed.runFor(3000)
  meanwhile(bed)
  bed.restart()
  assert.is(bed.send('other'), 1)
  return bed
}

const PARTITION = '/cluster/broker-1/t-0'

test('a broker whose disk did not let a log be opened since a crash does not say that it was closed in order', () => {
  const bed = crashed(each => {
    each.refuses = (kind, path) => (kind === 'sync' && path.startsWith(PARTITION) ? 'EIO' : undefined)
  })
  bed.close()
  assert.not(bed.filesOf(1).includes(CLEAN))
  bed.refuses = () => undefined
  bed.restart()
  assert.is(bed.send('t'), 3)
  bed.close()
  assert.ok(bed.filesOf(1).includes(CLEAN))
})

test('a broker with a log that is damaged does not say that it was closed in order: whoever opens it next looks as well', () => {
  const log = `${PARTITION}/${'0'.repeat(20)}.log`
  const bed = crashed(({disk}) => {
    const bytes = disk.bytes(log)
    bytes[70]! ^= 4
    disk.put(log, bytes)
  })
  for (let life = 0; life < 2; life++) {
    const {leader} = bed.topic('t').partitions[0]!
    assert.is(leader, -1)
    bed.close()
    assert.not(bed.filesOf(1).includes(CLEAN))
    bed.restart()
    assert.is(bed.send('other'), 2 + life)
  }
})

test.run()
