import {existsSync} from 'node:fs'
import {mkdir, readFile, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {runProgram} from './run-program.ts'

/**
 * Real Kafka's jars, fetched once by Maven into `.kafka-jars/<version>/` at the root of the repository. Where they are not
 * to be had there is a reason instead. `excused` says that the machine itself lacks Java or Maven, so that a check may be
 * skipped with that word; anything else that goes wrong, a network that is down as well, is a failure.
 */
export type KafkaJars = {readonly classPath: string} | {readonly missing: string; readonly excused: boolean}

const JAVA_MIN = 17 // the class files of Kafka 4 need it
const JAVA_START_MS_MAX = 30_000
const DOWNLOAD_MS_MAX = 300_000

let jars: Promise<KafkaJars> | undefined

/** Looks, and downloads, at most once a process. */
export function kafkaJars(): Promise<KafkaJars> {
  jars ??= findOrDownload()
  return jars
}

async function findOrDownload(): Promise<KafkaJars> {
  const java = await runProgram('java', ['-version'], {timeoutMs: JAVA_START_MS_MAX})
  const javaMajor = Number(/version "(\d+)/.exec(java.stderr)?.[1])
  if (!java.found) return {missing: 'no java on the PATH', excused: true}
  if (java.exitCode !== 0) return {missing: `java does not run: ${java.stderr.trim()}`, excused: false}
  if (!(javaMajor >= JAVA_MIN))
    return {missing: `java ${JAVA_MIN} or newer is needed, this is ${javaMajor}`, excused: true}

  // by the package's own name: the compiled file lies deeper than its source does
  const root = fileURLToPath(new URL('.', import.meta.resolve('odradek/package.json')))
  const pom = join(root, 'property-tests/kafka/pom.xml')
  const version = /<kafka\.version>([\w.-]+)</.exec(await readFile(pom, 'utf8'))?.[1]
  if (version === undefined) return {missing: `${pom} names no kafka.version`, excused: false}

  const cache = join(root, '.kafka-jars')
  const found = join(cache, version)
  if (existsSync(found)) return {classPath: join(found, '*')}

  const incoming = join(cache, `incoming-${process.pid}`)
  await mkdir(incoming, {recursive: true})
  try {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${incoming}`]
    const maven = await runProgram('mvn', ['-q', '-B', '-f', pom, ...copy], {timeoutMs: DOWNLOAD_MS_MAX})
    if (!maven.found) return {missing: 'no mvn on the PATH', excused: true}
    if (Number.isNaN(maven.exitCode)) return {missing: `mvn did not run: ${maven.stderr.trim()}`, excused: false}
    if (maven.exitCode !== 0)
      return {missing: `mvn could not get Kafka's jars: ${firstError(maven.stdout)}`, excused: false}
    // the name appears only when all jars are there: a download cut short is not taken for a whole one
    await rename(incoming, found).catch(error => {
      if (!existsSync(found)) throw error // else another process was faster, and its jars are the same
    })
    return {classPath: join(found, '*')}
  } finally {
    await rm(incoming, {recursive: true, force: true})
  }
}

/** Maven tells its story on stdout; the first line of it names the cause, the rest is advice. */
function firstError(stdout: string): string {
  return /\[ERROR\] (.*)/.exec(stdout)?.[1] ?? 'it gave no reason'
}
