/** What brokers know of the cluster. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Letter} from '../../engine/cluster/mail.ts'
import {ClusterBed} from './bed.ts'

test('a broker that asked a coordinator which had not heard of the last changes asks again', () => {
  const bed = new ClusterBed({coordinators: 3})
  bed.create('t', [[1]])
  const {office, map} = bed.process
  const {holder} = map.lease.read()
  const behind = `coordinator-${holder === 3 ? 2 : 3}`
  const send = office.send.bind(office)
  office.send = (letter: Letter) => {
    const body = letter.body as {type?: string; request?: {type: string}; changes?: unknown[]}
    if (letter.to === behind && letter.from.startsWith('coordinator-')) return
    if (body.request?.type === 'fetchMetadata' && letter.to !== behind) return
    // as from a holder that knows no more than the end
    send(body.type === 'metadata' ? {...letter, body: {...body, changes: []}} : letter)
  }
  const topic = {name: 'u', topicId: Buffer.from('topic number two').toString('base64url'), assignments: [[1]]}
  bed.client.call({type: 'createTopics', topics: [topic]}, () => {})
  bed.runFor(200)
  assert.ok(map.broker(1).applied < map.coordinator(holder).applied)
  office.send = send
  bed.until('the broker knows', () => map.broker(1).applied === map.coordinator(holder).applied)
  assert.is(bed.send('u'), 0)
})

test.run()
