/** What a client asks for is done once, however many brokers it has to ask; and not after it has given up. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Outcome} from '../../engine/coordinator/requests.ts'
import type {CommittedChange} from '../../engine/ensemble/consensus.ts'
import type {ClientRequest} from '../../workers/broker-letters.ts'
import {ClusterBed} from './bed.ts'

const errors = (outcomes: readonly Outcome[]) => outcomes.map(({error}) => error)

test('the second broker that is asked answers as the first one would have', () => {
  const bed = new ClusterBed({brokers: 3})
  bed.create('t', [[1]])
  const requests: ClientRequest[] = [
    {type: 'createPartitions', topics: [{name: 't', count: 4}]},
    {type: 'deleteTopics', topics: [{name: 't'}]},
  ]
  for (const request of requests) {
    // answers come once every broker has taken the change in
    for (const id of [1, 2, 3]) bed.stall(bed.thread(`broker-${id}`), id === 2 ? 0 : 900)
    assert.equal(errors(bed.ask<Outcome[]>(request)), [undefined], request.type)
  }
})

test('a change that nobody waits for any more is not made when the coordinators are back', () => {
  const bed = new ClusterBed({brokers: 2})
  bed.create('t', [[1]])
  const set = (value: string, timeoutMs: number) => {
    const entry = {name: 'retention.ms', value}
    let told: string | undefined
    bed.client.call(
      {type: 'alterConfigs', topics: [{name: 't', configs: [entry]}]},
      (_, error) => {
        told = error ?? 'done'
      },
      timeoutMs,
    )
    return () => told
  }
  bed.stall(bed.thread('coordinator-1'), 3000)
  const old = set('1000', 1000)
  bed.until('the first call is given up', () => old() !== undefined)
  assert.is(old(), 'REQUEST_TIMED_OUT')
  const late = set('2000', 10_000)
  bed.until('the second one is done', () => late() === 'done')
  bed.runFor(3000)
  const {changes} = bed.ask<{changes: CommittedChange[]}>({type: 'fetchMetadata', from: 0})
  const configs = changes.flatMap(({change}) =>
    change.type === 'topicConfigured' ? change.config['retention.ms'] : [],
  )
  assert.equal(configs, ['2000'])
})

test.run()
