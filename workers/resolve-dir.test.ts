import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {resolveDir} from './resolve-dir.ts'

test('a path is made absolute, and keeps its characters', () => {
  assert.is(resolveDir('a b%20c/'), path.resolve('a b%20c'))
  assert.is(resolveDir(`${process.cwd()}/x/../y//`), path.resolve('y'))
  assert.is(resolveDir('.'), process.cwd())
})

test('a file: URL names the directory that its text stands for', () => {
  for (const name of ['a b', '100%', 'ü', 'a#b', 'a?b', '%20']) {
    const dir = path.resolve(name)
    assert.is(resolveDir(pathToFileURL(dir)), dir)
    assert.is(resolveDir(new URL(`${pathToFileURL(dir).href}/`)), dir)
  }
})

test('what is no directory of this machine is refused', () => {
  for (const dir of ['', 'a\0b', new URL('https://example.org/a'), 7, undefined, null, {}, 'file:///tmp/a']) {
    assert.throws(() => resolveDir(dir as string), /INVALID_ARGUMENT: .*dir is/)
  }
})

test.run()
