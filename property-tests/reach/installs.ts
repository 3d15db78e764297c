import {createHash, randomUUID} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {command} from './command.ts'

/** Packages of npm's, installed once each set and kept in `.reach-cache/` at the root of the repository. */

export type Packages = Readonly<Record<string, string>>

/** The folder that holds `node_modules`, or why it cannot be had: `excused` where the registry is out of reach. */
export type Install = {readonly folder: string} | {readonly missing: string; readonly excused: boolean}

const INSTALL_MS_MAX = 400_000
/** What npm says when there is no way to the registry, and nothing else is wrong. */
const UNREACHABLE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED)\b/

/** Nothing that is installed gets to run a script; and where there is no network, npm by itself tries for minutes. */
const RETRIES = ['--fetch-retries=1', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=1000']
const FLAGS = [
  ...RETRIES,
  '--ignore-scripts',
  '--no-package-lock',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--loglevel=error',
]

export async function installed(cache: string, packages: Packages): Promise<Install> {
  const name = createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 16)
  const folder = path.join(cache, name)
  if (fs.existsSync(folder)) return {folder}
  const incoming = path.join(cache, `incoming-${randomUUID()}`)
  try {
    const problem = await install(
      incoming,
      Object.entries(packages).map(([name, version]) => `${name}@${version}`),
    )
    if (problem !== undefined) return problem
    // the name appears only when all is there: an install cut short is not taken for a whole one
    fs.renameSync(incoming, folder)
    return {folder}
  } finally {
    fs.rmSync(incoming, {recursive: true, force: true})
  }
}

/** Installs into a folder that it makes; returns what went wrong. */
export async function install(
  folder: string,
  packages: readonly string[],
): Promise<{missing: string; excused: boolean} | undefined> {
  fs.mkdirSync(folder, {recursive: true})
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const args = ['install', ...FLAGS, ...packages]
  const {code, output} = await command('npm', args, {cwd: folder, limitMs: INSTALL_MS_MAX})
  if (code === 0) return undefined
  const excused = UNREACHABLE.test(output)
  const why = excused ? 'the registry is out of reach' : output.trim()
  return {missing: `npm install ${packages.join(' ')}: ${why}`, excused}
}
