import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../../property-tests/door/temp-dir.ts'
import {threadEntry} from '../thread-entry.ts'
import {JOBS} from './jobs.ts'
import {threadAJob} from './thread-a-job.ts'

const entry = await threadEntry(undefined)

test('a job comes back with what it makes here, and jobs are done in their order, also after one that failed', async () => {
  const path = `${tempDir()}/segment`
  fs.writeFileSync(path, Buffer.alloc(100, 7))
  const job = {path, baseOffset: 5, indexIntervalBytes: 4096}
  const run = threadAJob(entry)
  const done: string[] = []
  const note = (name: string) => (): void => {
    done.push(name)
  }
  const [first, failure, last] = await Promise.all([
    run('scanSegment', job).finally(note('first')),
    run('scanSegment', {...job, path: `${path}-gone`})
      .catch((error: {code: string}) => error.code)
      .finally(note('failure')),
    run('scanSegment', job).finally(note('last')),
  ])
  assert.equal(first, JOBS.scanSegment(job))
  assert.equal(last, first)
  assert.is(failure, 'ENOENT')
  assert.equal(done, ['first', 'failure', 'last'])
})

test('a thread that ends without a result has failed', async () => {
  const run = threadAJob('data:text/javascript,process.exit(3)')
  const error = await run('verifySegment', {}).catch((failure: Error) => failure)
  assert.match((error as Error).message, 'ended with 3, without a result')
})

test.run()
