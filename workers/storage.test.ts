import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {syncsOf} from '../property-tests/door/sync-spy.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {nodeStorage, syncDescriptor} from './storage.ts'

test('a file is made once, written anywhere, read back, cut, synced and closed', () => {
  const dir = tempDir()
  const path = `${dir}/file`
  const file = nodeStorage.open(path, 'create')
  assert.throws(() => nodeStorage.open(path, 'create'), /EEXIST/)
  assert.is(file.write(Buffer.from('xabcx'), 1, 3, 2), 3)
  assert.is(file.size(), 5)
  file.sync()
  const target = Buffer.alloc(8, '.')
  assert.is(file.read(target, 1, 6, 1), 4)
  assert.is(target.toString(), '.\0abc...')
  file.truncate(3)
  assert.is(file.size(), 3)
  file.close()
  file.close()
  const again = nodeStorage.open(path, 'write')
  assert.is(again.write(Buffer.from('z'), 0, 1, 0), 1)
  again.close()
  const reading = nodeStorage.open(path, 'read')
  assert.throws(() => reading.write(Buffer.from('z'), 0, 1, 0), /EBADF/)
  assert.is(reading.read(target, 0, 8, 3), 0)
  reading.close()
  assert.is(fs.readFileSync(path, 'latin1'), 'z\0a')
})

test('several parts are written one behind the other', () => {
  const path = `${tempDir()}/file`
  const file = nodeStorage.open(path, 'create')
  assert.is(
    file.writeMany(
      ['ab', '', 'cde'].map(part => Buffer.from(part)),
      2,
    ),
    5,
  )
  file.close()
  assert.is(fs.readFileSync(path, 'latin1'), '\0\0abcde')
})

test("a second close leaves a stranger's file alone", () => {
  const dir = tempDir()
  const file = nodeStorage.open(`${dir}/a`, 'create')
  file.close()
  const stranger = nodeStorage.open(`${dir}/b`, 'create')
  file.close()
  stranger.write(Buffer.from('x'), 0, 1, 0)
  stranger.close()
})

test('directories are made with their parents, listed, synced; what is not there has no entries and no status', () => {
  const dir = tempDir()
  nodeStorage.makeDirectory(`${dir}/a/b`)
  nodeStorage.makeDirectory(`${dir}/a/b`)
  fs.writeFileSync(`${dir}/a/file`, 'four')
  assert.equal(
    [...nodeStorage.list(`${dir}/a`)!].sort((one, other) => (one.name < other.name ? -1 : 1)),
    [
      {name: 'b', directory: true},
      {name: 'file', directory: false},
    ],
  )
  assert.is(nodeStorage.list(`${dir}/nowhere`), undefined)
  assert.is(nodeStorage.list(`${dir}/a/file`), undefined)
  assert.throws(() => nodeStorage.list(`${dir}/\0`), /ERR_INVALID_ARG_VALUE|null bytes/)
  assert.is(nodeStorage.stat(`${dir}/nowhere`), undefined)
  const {size, directory, modifiedMs} = nodeStorage.stat(`${dir}/a/file`)!
  assert.equal([size, directory], [4, false])
  assert.ok(Math.abs(modifiedMs - Date.now()) < 60_000)
  assert.is(nodeStorage.stat(`${dir}/a`)!.directory, true)
  const handle = nodeStorage.openDirectory(`${dir}/a`)!
  handle.sync()
  handle.close()
  nodeStorage.rename(`${dir}/a/file`, `${dir}/a/renamed`)
  nodeStorage.remove(`${dir}/a/renamed`)
  assert.is(nodeStorage.stat(`${dir}/a/renamed`), undefined)
  assert.throws(() => nodeStorage.remove(`${dir}/a/renamed`), /ENOENT/)
})

test("a file's data is synced, of a directory everything: it has names and no data", async () => {
  const dir = tempDir()
  const file = nodeStorage.open(`${dir}/file`, 'create')
  const directory = nodeStorage.openDirectory(dir)!
  const syncs = await syncsOf(() => {
    // a flusher is given numbers and no names
    const fds = [fs.openSync(dir, 'r'), fs.openSync(`${dir}/file`, 'r')]
    for (const fd of fds) syncDescriptor(fd)
    for (const fd of fds) fs.closeSync(fd)
  })
  assert.equal(syncs, [`fsync ${dir}`, `fdatasync ${dir}/file`])
  const kinds = (await syncsOf(() => [file, directory].map(each => each.sync()))).map(sync => sync.split(' ')[0])
  assert.equal(kinds, ['fdatasync', 'fsync'])
  file.close()
  directory.close()
})

test.run()
