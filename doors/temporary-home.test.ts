import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {DirLock} from '../workers/dir-lock.ts'
import {LOCK_FILE} from '../workers/lock-file.ts'
import {makeTemporaryHome, removeDesertedHomes} from './temporary-home.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('of temporary directories those go whose owner has ended, and no others', async () => {
  const dir = tempDir()
  const [deserted, used, made] = [1, 2, 3].map(() => makeTemporaryHome(dir)) as [string, string, string]
  const foreign = `${dir}/foreign`
  fs.mkdirSync(foreign)
  const desert = await DirLock.take(deserted)
  const text = fs.readFileSync(`${deserted}/${LOCK_FILE}`)
  desert.release()
  // as an owner leaves it that is killed: the file stays, and the kernel has let go
  for (const left of [deserted, foreign]) fs.writeFileSync(`${left}/${LOCK_FILE}`, text)
  const lock = await DirLock.take(used)
  await removeDesertedHomes(dir)
  lock.release()
  assert.equal(
    [deserted, used, made, foreign].map(home => fs.existsSync(home)),
    [false, true, true, true],
  )
})

test.run()
