import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../engine/assert.ts'
import {FewFiles} from './few-files.ts'
import {openFilesMax} from './open-files-max.ts'
import {nodeStorage} from './storage.ts'

let dir: string
test.before.each(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-few-files-'))
})
test.after.each(() => fs.rmSync(dir, {recursive: true}))

const readAll = (name: string): string => fs.readFileSync(`${dir}/${name}`, 'latin1')

test('many files are held, few are open, and every byte goes where it belongs', () => {
  const files = new FewFiles(nodeStorage, 3)
  const held = Array.from({length: 10}, (_, i) => files.open(`${dir}/${i}`, 'create'))
  held.push(files.openDirectory(dir)!)
  for (const round of [0, 1, 2])
    for (const [i, file] of held.slice(0, 10).entries()) {
      file.write(Buffer.from(`${i}${round}`), 0, 2, 2 * round)
      assert.ok(files.openCount <= 3)
    }
  held[10]!.sync()
  assert.is(held[4]!.size(), 6)
  held[5]!.truncate(2)
  held[6]!.writeMany([Buffer.from('x'), Buffer.from('y')], 6)
  held[6]!.sync()
  const bytes = Buffer.alloc(2)
  assert.is(held[7]!.read(bytes, 0, 2, 2), 2)
  assert.is(bytes.toString(), '71')
  assert.ok(held[7]!.fd > 0)
  for (const file of held) file.close()
  assert.is(files.openCount, 0)
  assert.equal(
    [3, 5, 6].map(i => readAll(String(i))),
    ['303132', '50', '606162xy'],
  )
})

test('the file that was used the longest ago is the one that is closed', () => {
  const opened: string[] = []
  const files = new FewFiles(
    {
      ...nodeStorage,
      open(file, mode) {
        opened.push(`${path.basename(file)} ${mode}`)
        return nodeStorage.open(file, mode)
      },
    },
    2,
  )
  const [a, b] = [files.open(`${dir}/a`, 'create'), files.open(`${dir}/b`, 'create')]
  a.size()
  const c = files.open(`${dir}/c`, 'create')
  a.size()
  b.size()
  assert.equal(opened, ['a create', 'b create', 'c create', 'b write'])
  for (const file of [a, b, c]) file.close()
})

test('a file that was closed stays closed', () => {
  const files = new FewFiles(nodeStorage, 2)
  const file = files.open(`${dir}/a`, 'create')
  file.close()
  file.close()
  assert.throws(
    () => file.size(),
    (error: unknown) => error instanceof AssertionFailed,
  )
})

test('names are the storage’s own', () => {
  const files = new FewFiles(nodeStorage, 2)
  files.makeDirectory(`${dir}/a/b`)
  files.rename(`${dir}/a/b`, `${dir}/a/c`)
  assert.equal(files.list(`${dir}/a`), [{name: 'c', directory: true}])
  files.removeDirectory(`${dir}/a/c`)
  files.open(`${dir}/a/d`, 'create').close()
  files.remove(`${dir}/a/d`)
  assert.is(files.stat(`${dir}/a/d`), undefined)
  assert.throws(() => files.open(`${dir}/a/d`, 'read'), 'ENOENT')
})

test('without handles on directories there is none', () => {
  const files = new FewFiles({...nodeStorage, openDirectory: () => undefined}, 2)
  assert.is(files.openDirectory(dir), undefined)
})

test('more threads may have fewer files each, but a few', () => {
  assert.ok(openFilesMax(1) >= openFilesMax(64))
  assert.is(openFilesMax(100_000), 8)
})

test.run()
