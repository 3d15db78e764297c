/** What one leader alone had when the process ended is there in the next one, though its broker comes late. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

const isOf = (dir: string) => (path: string) => path.startsWith(`/cluster/${dir}/`)

/**
 * An election is on record and not committed, so that the next process commits it. Meanwhile broker 1 leads on, and acknowledges alone what
 * the other one does not have.
 */
function deposedOnRecord(): ClusterBed {
  const bed = new ClusterBed({brokers: 2, hostsABroker: 1})
  bed.create('t', [[1, 2]], {durability: 'synced'})
  assert.is(bed.send('t'), 0)
  const door = bed.door('t')
  bed.refuses = (kind, path) => (kind === 'sync' && isOf('coordinator-1')(path) ? 'EIO' : undefined)
  bed.process.kill(bed.host(0))
  bed.runFor(20)
  bed.killCoordinator()
  bed.stall(bed.host(1), 10_000)
  assert.ok(bed.client.send(door, 1, {acks: 1, durability: 'synced', filler: 10}))
  bed.until('it is acknowledged', () => door.open === 0)
  assert.equal(
    [0, 1].map(slot => bed.process.map.row(door.rowNumber).replica(slot).writtenEnd),
    [2, 1],
  )
  bed.refuses = () => undefined
  return bed
}

test('the next leader has what the one before it acknowledged after it was deposed, though that one’s disk is late', () => {
  const bed = deposedOnRecord()
  let refused = 0
  bed.refuses = (kind, path) => {
    if (kind !== 'makeDirectory' || !isOf('broker-1')(path) || refused > 5) return undefined
    refused++
    return 'ENOSPC'
  }
  bed.restart()
  assert.is(bed.send('t'), 2)
  assert.ok(refused > 5)
  bed.until('both are in sync', () => bed.topic('t').partitions[0]!.isr.length === 2)
})

test('where it does not come, the others go on without it after a while', () => {
  const bed = deposedOnRecord()
  bed.refuses = (kind, path) => (kind === 'makeDirectory' && isOf('broker-1')(path) ? 'ENOSPC' : undefined)
  bed.restart()
  assert.is(bed.send('t'), 1)
  assert.equal(bed.topic('t').partitions[0]!.isr, [2])
})

test('whoever dies at a start before it has shown what it has is waited for, too', () => {
  const bed = new ClusterBed({brokers: 2, hostsABroker: 1})
  bed.create('t', [[1, 2]], {durability: 'synced'})
  assert.is(bed.send('t'), 0)
  bed.stall(bed.host(1), 10_000)
  assert.is(bed.send('t', {acks: 1}), 1)
  bed.refuses = (kind, path) => (kind === 'makeDirectory' && isOf('broker-1')(path) ? 'ENOSPC' : undefined)
  bed.restart()
  bed.process.kill(bed.thread('broker-1'))
  bed.refuses = () => undefined
  assert.is(bed.send('t'), 2)
})

test.run()
