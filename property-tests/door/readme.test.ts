import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {userEnv} from './user-env.ts'

/** Every program in these documents runs as it stands there. It runs below the package, where `odradek` names the package itself. */
const DOCUMENTS = {'README.md': 5, 'docs/testing-with-it.md': 4, 'docs/kafkajs.md': 4}
const root = path.dirname(fileURLToPath(import.meta.resolve('odradek/package.json')))

for (const [document, least] of Object.entries(DOCUMENTS)) {
  const text = fs.readFileSync(`${root}/${document}`, 'utf8')
  const programs = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(match => match[1]!)

  test(`${document} has programs`, () => {
    assert.ok(programs.length >= least)
  })

  for (const [i, program] of programs.entries()) {
    test(`program ${i + 1} of ${document} runs and ends by itself`, () => {
      fs.mkdirSync(`${root}/dist/readme`, {recursive: true})
      const dir = fs.mkdtempSync(`${root}/dist/readme/`)
      try {
        fs.writeFileSync(`${dir}/program.mjs`, program)
        const {status, stdout, stderr} = spawnSync(process.execPath, ['program.mjs'], {
          cwd: dir,
          env: userEnv(),
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
}

test.run()
