import {setTimeout} from 'node:timers/promises'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OpenReaders} from './open-readers.ts'

function closable(): {closed: number; close(): void} {
  return {
    closed: 0,
    close() {
      this.closed++
    },
  }
}

test('closing all closes readers and their files; what was taken out stays as it is', () => {
  const open = new OpenReaders()
  const pairs = [1, 2, 3].map(() => ({reader: closable(), files: closable()}))
  for (const {reader, files} of pairs) open.add(reader, files)
  open.delete(pairs[1]!.files)
  open.closeAll()
  open.closeAll()
  assert.equal(
    pairs.map(({reader, files}) => [reader.closed, files.closed]),
    [
      [1, 1],
      [0, 0],
      [1, 1],
    ],
  )
})

test('the files of a reader that nobody holds any more are closed', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const open = new OpenReaders()
  const files = closable()
  const kept = {reader: closable(), files: closable()}
  open.add(kept.reader, kept.files)
  ;(() => open.add(closable(), files))()
  for (let i = 0; i < 100 && files.closed === 0; i++) {
    collectGarbage()
    await setTimeout(1)
  }
  assert.equal([files.closed, kept.files.closed], [1, 0])
  open.closeAll()
  assert.equal([files.closed, kept.files.closed, kept.reader.closed], [1, 1, 1])
})

test.run()
