/** What a compiler and the checkers of packages say of the package. */
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {succeeds, withInstall} from './checks.ts'
import {command} from './command.ts'
import {bin, copyPrograms, equipment} from './equipment.ts'

const {project, tools} = equipment()

const STRICT = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
  target: 'es2022',
  types: ['node'],
}
const RESOLUTIONS: Readonly<Record<string, object>> = {
  node16: {module: 'node16', moduleResolution: 'node16'},
  nodenext: {module: 'nodenext', moduleResolution: 'nodenext'},
  bundler: {module: 'esnext', moduleResolution: 'bundler'},
}

for (const compiler of ['typescript-5', 'typescript-7']) {
  for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
    withInstall(test, `${compiler}, moduleResolution ${name}, strict`, tools, async tools => {
      const cwd = path.join(project, `${compiler}-${name}`)
      copyPrograms(cwd, '.ts')
      const typeRoots = [path.join(tools, 'node_modules/@types')]
      const config = {compilerOptions: {...STRICT, ...resolution, typeRoots}, include: ['*.ts']}
      fs.writeFileSync(path.join(cwd, 'tsconfig.json'), JSON.stringify(config))
      const tsc = [bin(tools, compiler, 'bin/tsc'), '-p', '.']
      await succeeds(tsc, {cwd})
      // and it looks: what is wrong is found
      fs.writeFileSync(path.join(cwd, 'wrong.ts'), "import {openLog} from 'odradek'\nvoid openLog(1, {nonsense: 2})\n")
      const {output} = await command(process.execPath, tsc, {cwd})
      assert.match(output, /wrong\.ts.*TS2345/)
    })
  }
}

const tarball = (): string => {
  const home = path.dirname(project)
  return path.join(home, fs.readdirSync(home).find(name => name.endsWith('.tgz'))!)
}

withInstall(test, 'publint finds nothing, not even a suggestion', tools, async tools => {
  const output = await succeeds([bin(tools, 'publint', 'src/cli.js'), 'run', '--strict', tarball()], {cwd: project})
  assert.match(output, 'All good!')
})

withInstall(test, 'are the types wrong? They are not, for whoever loads modules', tools, async tools => {
  const cli = bin(tools, '@arethetypeswrong/cli', 'dist/index.js')
  await succeeds([cli, '--profile', 'esm-only', tarball()], {cwd: project})
})

test('no file of the package speaks of one that is not in it', () => {
  const folder = path.join(project, 'node_modules/odradek')
  const names = fs.readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name => /\.[jt]s$/.test(name))
  assert.ok(names.includes(path.normalize('dist/package/odradek-thread.js')))
  for (const name of names) {
    assert.not.match(name, /\.test\.|bench/)
    const text = fs.readFileSync(path.join(folder, name), 'utf8')
    assert.not.match(text, 'sourceMappingURL', name)
    for (const [, from] of text.matchAll(/(?:from|import|import\() ?'(\.[^']*)'/g)) {
      const target = path.join(path.dirname(name), from!)
      const found = names.includes(target) || names.includes(target.replace(/\.ts$/, '.d.ts'))
      assert.ok(found, `${name} imports ${from}`)
    }
  }
})

test.run()
