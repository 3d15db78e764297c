/** A broker that is asked for while it goes down, and a cluster that is closed while one comes up. */
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'

for (const down of ['kill', 'stop'] as const) {
  test(`restart right behind ${down} starts the broker again`, async () => {
    const cluster = await openCluster({brokers: 1})
    const incarnation = (): number => cluster.metrics().brokers[0]!.incarnation
    cluster.broker(1)[down]()
    cluster.broker(1).restart()
    for (let look = 0; look < 100 && incarnation() < 2; look++) await sleep(50)
    assert.is(incarnation(), 2)
    await cluster.close()
  })
}

test('a cluster is closed while a broker comes up', async () => {
  const cluster = await openCluster({brokers: 1})
  const state = (): string => cluster.metrics().brokers[0]!.state
  cluster.broker(1).kill()
  while (state() !== 'down') await sleep(1)
  cluster.broker(1).restart()
  while (state() === 'down') await sleep(1)
  const closed = await Promise.race([cluster.close().then(() => true), sleep(5000).then(() => false)])
  assert.ok(closed, 'it does not close')
})

test.run()
