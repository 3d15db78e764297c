import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../../property-tests/door/temp-dir.ts'
import {clusterIn} from './cluster-dir.ts'

const dirWith = (...names: string[]): string => {
  const dir = tempDir()
  for (const name of names) fs.mkdirSync(`${dir}/${name}`)
  return dir
}

test('a cluster is opened as it was', () => {
  const three = dirWith('broker-1', 'broker-3', 'broker-2', 'coordinator-1', 'quarantine', '.lock')
  assert.equal(clusterIn(three), {dir: three, brokers: 3, coordinators: 1})
  assert.is(clusterIn(dirWith('.lock')), undefined)
  assert.is(clusterIn(`${tempDir()}/nowhere`), undefined)
  const log = dirWith()
  fs.writeFileSync(`${log}/meta.properties`, '')
  assert.equal(clusterIn(log), {dirs: [log]})
})

test('what is something else is refused', () => {
  assert.throws(() => clusterIn(dirWith('src')), /FOREIGN_DIR.*holds something else/)
  assert.throws(() => clusterIn(import.meta.filename), /NOT_A_DIRECTORY.*is a file/)
})

test.run()
