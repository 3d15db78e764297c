import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Failure} from '../failure.ts'
import {Observing} from './observing.ts'

const LOCAL = {host: '127.0.0.1', port: 0}

test('answers what it knows, and nothing else', async () => {
  const observing = await Observing.start(LOCAL, {
    '/metrics': async () => ({status: 200, type: 'text/plain', body: 'm 1\n'}),
    '/healthz': async () => {
      throw new Failure('the cluster is gone')
    },
  })
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${observing.url}${path}`, {method})
    return [response.status, await response.text()]
  }
  assert.equal(await ask('/metrics?x=1'), [200, 'm 1\n'])
  assert.equal(await ask('/healthz'), [503, 'the cluster is gone\n'])
  assert.equal(await ask('/'), [200, '/metrics\n/healthz\n'])
  assert.equal(await ask('/constructor'), [404, '/metrics\n/healthz\n'])
  assert.equal(await ask('/metrics', 'POST'), [405, 'GET only\n'])
  assert.equal(await ask('/metrics', 'HEAD'), [200, ''])
  const port = Number(new URL(observing.url).port)
  await Observing.start({...LOCAL, port}, {}).then(
    () => assert.unreachable(),
    error => assert.match(error.message, `port ${port} for --metrics is in use`),
  )
  await observing.close()
})

test.run()
