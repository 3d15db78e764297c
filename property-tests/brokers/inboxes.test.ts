/** The ways from senders to hosts, while hosts come and go. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

/** As many as a door sends at a time: they fill an inbox of the simulation. */
const BATCHES = 8

test('what was sent to a thread that only started, and taken back from it, does not fill its inbox for good', () => {
  const bed = new ClusterBed({hostsABroker: 1})
  bed.time.within(() => {
    bed.create('t', [[1]])
    bed.send('t')
    const door = bed.door('t')
    const {row, leaderEpoch} = bed.topic('t').partitions[0]!
    const {incarnation} = bed.process.map.host(0)
    // nobody says that it does not lead any more
    bed.killCoordinator()
    bed.process.kill(bed.thread('broker-1'))
    bed.until('the host is started anew', () => bed.process.map.host(0).incarnation > incarnation)
    bed.stall(bed.host(0), 500)
    for (let i = 0; i < BATCHES; i++) assert.ok(bed.client.send(door, 1, {acks: -1, durability: 'written', filler: 10}))
    assert.not(door.sender.isFull)
    bed.bringCoordinatorUp()
    bed.until('nobody leads any more', () => bed.process.map.row(row).leadership.leaderEpoch > leaderEpoch)
    bed.until('all are settled', () => door.open === 0)
    assert.is(bed.process.map.row(row).replica(0).writtenEnd, 1 + BATCHES)
  })
})

test.run()
