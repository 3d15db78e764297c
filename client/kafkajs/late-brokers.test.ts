import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {lateClient} from './late-brokers.ts'
import type {Waiting} from './types.ts'

/** A client that notes what it is connected with. */
function client() {
  const connects: (Waiting | undefined)[] = []
  return {connects, connect: async (options?: Waiting) => void connects.push(options), on: () => () => {}}
}

test('whoever connects twice at once is one client of theirs', async () => {
  const made: ReturnType<typeof client>[] = []
  const late = lateClient(client(), async () => {
    made.push(client())
    return made.at(-1)!
  })
  await Promise.all([late.connect(), late.connect()])
  assert.equal(
    made.map(({connects}) => connects.length),
    [2],
  )
})

test('where brokers could not be told of they are asked for anew', async () => {
  const ours = client()
  let asked = 0
  const late = lateClient(ours, async () => {
    if (asked++ === 0) throw new Error('not now')
    return undefined
  })
  assert.is(await late.connect().catch(error => error.message), 'not now')
  await late.connect()
  assert.equal([asked, ours.connects.length], [2, 1])
})

test('the signal counts while brokers are asked for, and as the client connects', async () => {
  const ours = client()
  const {signal} = new AbortController()
  await lateClient(ours, async () => undefined).connect({signal})
  assert.equal(ours.connects, [{signal}])
  const late = lateClient(ours, () => new Promise(() => {}))
  const aborting = new AbortController()
  const connecting = late.connect({signal: aborting.signal}).catch(reason => reason)
  aborting.abort('enough')
  assert.is(await Promise.race([connecting, new Promise(setImmediate)]), 'enough')
})

test.run()
