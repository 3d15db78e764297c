/** A partition that is moved about. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Letter} from '../../engine/cluster/mail.ts'
import {STATE} from '../../engine/cluster/replica-line.ts'
import {REPLICAS_MAX} from '../../engine/limits.ts'
import {ClusterBed} from './bed.ts'

/** Asks to move the partition of a topic to one broker, and waits until it is there; what was refused. */
function move(bed: ClusterBed, name: string, broker: number): string | undefined {
  const [outcome] = bed.ask<{error?: string}[]>({
    type: 'alterPartitionReassignments',
    partitions: [{topic: name, partition: 0, replicas: [broker]}],
  })
  if (outcome!.error !== undefined) return outcome!.error
  bed.until('it is moved', () => {
    const {replicas, target} = bed.topic(name).partitions[0]!
    return target.length === 0 && replicas.length === 1 && replicas[0] === broker
  })
  return undefined
}

test('a place in a row is given again only once whoever had it has let go of it', () => {
  const bed = new ClusterBed({brokers: 3})
  bed.create('t', [[3]])
  assert.is(bed.send('t'), 0)
  const {office} = bed.process
  const send = office.send.bind(office)
  const held: Letter[] = []
  office.send = (letter: Letter) => {
    const isRelease = [letter.body].flat().some(body => (body as {type?: string}).type === 'release')
    if (isRelease && held.length === 0) held.push(letter)
    else send(letter)
  }
  for (let moves = 0; moves < REPLICAS_MAX; moves++) assert.is(move(bed, 't', 1 + (moves % 2)), undefined)
  const {slots} = bed.topic('t').partitions[0]!
  assert.equal([slots.length, slots.indexOf(1)], [REPLICAS_MAX, 1])
  assert.is(held.length, 1)
  send(held[0]!)
  bed.runFor(500)
  assert.is(move(bed, 't', 2), undefined)
  assert.is(bed.topic('t').partitions[0]!.slots.indexOf(2), 0)
  assert.is(bed.send('t'), 1)
})

test('where nobody has let go of his place, nobody comes', () => {
  const bed = new ClusterBed({brokers: 2, hostsABroker: 1})
  bed.create('t', [[1]])
  const {row} = bed.topic('t').partitions[0]!
  for (let moves = 0; moves < REPLICAS_MAX - 1; moves++) assert.is(move(bed, 't', 2 - (moves % 2)), undefined)
  bed.runFor(500)
  const lines = Array.from({length: REPLICAS_MAX}, (_, slot) => bed.process.map.row(row).replica(slot))
  for (const line of lines.slice(0, -1)) line.publishState(STATE.starting)
  assert.is(move(bed, 't', 2), 'INVALID_REPLICA_ASSIGNMENT')
  lines[3]!.publishState(STATE.closed)
  assert.is(move(bed, 't', 2), undefined)
  assert.is(bed.topic('t').partitions[0]!.slots.indexOf(2), 3)
})

test.run()
