import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Install, Packages} from './installs.ts'

/** What the tests are run with; `run.ts` gets it and passes it on to them. */
export interface Equipment {
  /** A folder with the packed package installed, as npm installs it for a user, and the programs of `project/`. */
  readonly project: string
  readonly tools: Install
  /** Other versions of Node by their major. */
  readonly nodes: Readonly<Record<string, Install>>
}

/** Whole versions: what breaks is then our doing, or that of whoever changes a line here. */
export const TOOLS: Packages = {
  '@arethetypeswrong/cli': '0.18.5',
  '@types/node': '22.19.0',
  esbuild: '0.28.2',
  jest: '30.5.2',
  publint: '0.3.25',
  rolldown: '1.3.2',
  'typescript-5': 'npm:typescript@5.9',
  'typescript-7': 'npm:typescript@7.0.2',
  vitest: '5.1.1',
  webpack: '5.112.2',
}

export const NODES = ['22', '24', '26'] as const

/** The package `node` fetches its binary in a script. The binary itself is a package as well, one a platform. */
export const NODE_BINARY = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

export function equipment(): Equipment {
  return JSON.parse(process.env['REACH_EQUIPMENT']!) as Equipment
}

/** A new folder of the project's, in which its packages are found, with the programs in it. */
export function folderOf(project: string, name: string): string {
  const folder = path.join(project, name)
  copyPrograms(folder, '.js')
  return folder
}

/** The programs of `project/`: as compiled, or as their sources are. */
export function copyPrograms(folder: string, extension: '.js' | '.ts'): void {
  const root = fileURLToPath(new URL('.', import.meta.resolve('odradek/package.json')))
  const programs = path.join(root, extension === '.js' ? 'dist' : '.', 'property-tests/reach/project')
  fs.mkdirSync(folder, {recursive: true})
  for (const name of fs.readdirSync(programs)) {
    if (!name.endsWith(extension) || name.endsWith('.d.ts')) continue
    const text = fs.readFileSync(path.join(programs, name), 'utf8')
    fs.writeFileSync(path.join(folder, name), text.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
  }
}

/** The script of a package's command, to be run by a Node of our choice. */
export function bin(tools: string, name: string, file: string): string {
  return path.join(tools, 'node_modules', name, file)
}
