import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'

/** Every program in the README runs as it stands there. It runs below the package, where `odradek` names the package itself. */
const root = path.dirname(fileURLToPath(import.meta.resolve('odradek/package.json')))
const programs = [...fs.readFileSync(`${root}/README.md`, 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
  match => match[1]!,
)

test('the README has programs', () => {
  assert.ok(programs.length >= 4)
})

for (const [i, program] of programs.entries()) {
  test(`program ${i + 1} of the README runs and ends by itself`, () => {
    fs.mkdirSync(`${root}/dist/readme`, {recursive: true})
    const dir = fs.mkdtempSync(`${root}/dist/readme/`)
    try {
      fs.writeFileSync(`${dir}/program.mjs`, program)
      const {status, stdout, stderr} = spawnSync(process.execPath, ['program.mjs'], {
        cwd: dir,
        encoding: 'utf8',
        timeout: 20_000,
      })
      assert.is(stderr, '')
      assert.is(status, 0, stdout)
    } finally {
      fs.rmSync(dir, {recursive: true, force: true})
    }
  })
}

test.run()
