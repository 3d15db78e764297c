import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {healthOf} from './health-report.ts'

const up = {state: 'running', idleMs: 0, incarnation: 1, served: 0, threads: 1} as const
const led = {topic: 't', partition: 0, leader: 1, replicas: [1, 2], isr: [1, 2]}

test('healthy, degraded, failed: the worst of it says which', () => {
  assert.equal(healthOf({coordinator: 1, brokers: [up, up]}, [led]), {status: 'healthy', problems: []})
  assert.equal(healthOf({coordinator: 0, brokers: [up, {...up, state: 'down'}]}, [{...led, isr: [1]}]), {
    status: 'degraded',
    problems: ['no coordinator writes', 'broker 2 is down', 't-0 is not in sync on broker 2'],
  })
  assert.equal(
    healthOf({coordinator: 1, brokers: [up, up]}, [
      {...led, leader: -1},
      {...led, partition: 1, isr: [2]},
    ]),
    {
      status: 'failed',
      problems: ['t-0 has no leader', 't-1 is not in sync on broker 1'],
    },
  )
})

test.run()
