import {basename} from 'node:path'
import {kafkaJars} from './kafka-jars.ts'
import {runProgram} from './run-program.ts'

/**
 * Has Kafka's own DumpLogSegments read files of a partition directory: .log, .index, .timeindex, .txnindex, .snapshot.
 *
 * What to know of the tool:
 * - It exits 0 with damage found, so its words are what counts. On standard error it writes nothing but damage.
 * - An .index needs its .log beside it, a .timeindex needs both: without them it throws (and leaves an empty .index).
 * - What makes it throw ends the run: the files after it stay unread, and `unread` names them.
 * - For each entry of a time index it walks the log from there to its end: give it small segments.
 */
export interface Dump {
  readonly output: string
  /** One line each; none means that Kafka accepts the files. */
  readonly complaints: readonly string[]
  readonly batches: number
  readonly records: number
  readonly unread: readonly string[]
}

const MAIN = 'org.apache.kafka.tools.DumpLogSegments'
const DUMP_MS_MAX = 300_000
const FILES_A_RUN_MAX = 500
const FILE_LIST_BYTES_MAX = 100_000 // all names go into one argument, and Linux takes 128 KiB for one

/** The JVM lives for a second or two: compile little, collect simply. Kafka's loggers keep to real errors. */
const JVM_FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']

/** `decode` has the records of an internal topic told in words. */
export async function dumpLogSegments(
  files: readonly string[],
  options: {deep: boolean; decode?: 'offsets'},
): Promise<Dump> {
  const jars = await kafkaJars()
  if ('missing' in jars) throw new Error(`DumpLogSegments cannot run: ${jars.missing}`)

  const dumps: Dump[] = []
  for (const list of runsOf(files)) {
    const args = [...JVM_FLAGS, '-cp', jars.classPath, MAIN]
    if (options.deep) args.push('--deep-iteration')
    if (options.decode !== undefined) args.push('--print-data-log', `--${options.decode}-decoder`)
    const {exitCode, stdout, stderr} = await runProgram('java', [...args, '--files', list.join(',')], {
      timeoutMs: DUMP_MS_MAX,
    })
    const complaints = [...complaintsInStdout(stdout), ...complaintsInStderr(stderr)]
    if (exitCode !== 0) complaints.push(`DumpLogSegments ended with exit code ${exitCode}`)
    dumps.push({
      output: stdout + stderr,
      complaints,
      batches: count(stdout, /^baseOffset: /gm),
      records: options.deep ? count(stdout, /^\| offset: /gm) : sumOfCounts(stdout),
      unread: list.slice(count(stdout, /^Dumping /gm)),
    })
  }
  return {
    output: dumps.map(dump => dump.output).join(''),
    complaints: dumps.flatMap(dump => dump.complaints),
    batches: dumps.reduce((sum, dump) => sum + dump.batches, 0),
    records: dumps.reduce((sum, dump) => sum + dump.records, 0),
    unread: dumps.flatMap(dump => dump.unread),
  }
}

function* runsOf(files: readonly string[]): Generator<string[]> {
  let list: string[] = []
  let bytes = 0
  for (const file of files) {
    if (file.includes(',')) throw new Error(`DumpLogSegments parts its files at commas: ${file}`)
    const size = Buffer.byteLength(file) + 1
    if (list.length === FILES_A_RUN_MAX || (list.length > 0 && bytes + size > FILE_LIST_BYTES_MAX)) {
      yield list
      list = []
      bytes = 0
    }
    list.push(file)
    bytes += size
  }
  if (list.length > 0) yield list
}

function complaintsInStdout(stdout: string): string[] {
  const complaints: string[] = []
  let file = ''
  for (const line of stdout.split('\n')) {
    if (line.startsWith('Dumping ')) file = line.slice('Dumping '.length)
    else if (line.includes('isvalid: false') || line.includes('invalid bytes at the end')) {
      complaints.push(`${file}: ${line}`)
    }
  }
  return complaints
}

/** A heading names a kind of damage and a file; the lines under it, two numbers each, are one complaint each. */
const HEADING =
  /^Mismatches in|^Found timestamp mismatch|^Found out of order|indexed offsets are not found|^Non-consecutive/
const DETAIL = /^ {2}\S|^Indexed offset: /
/** What says nothing of the files: where a stack trace went through, and what a JVM says of itself. */
const NOISE = /^\s*$|^\tat |^\t\.\.\. |^Picked up |Server VM warning/

function complaintsInStderr(stderr: string): string[] {
  const complaints: string[] = []
  let heading = ''
  for (const line of stderr.split('\n')) {
    if (NOISE.test(line)) continue
    if (HEADING.test(line)) heading = line
    else if (heading !== '' && DETAIL.test(line)) {
      if (!isStartOfSegment(heading, line)) complaints.push(`${heading}: ${line.trim()}`)
    } else {
      heading = ''
      complaints.push(line)
    }
  }
  return complaints
}

/**
 * The tool expects every file to begin at offset 0, so it reports the first record of each later segment, those
 * that Kafka wrote itself included. Only a first record away from the base offset in the file's name is damage.
 */
function isStartOfSegment(heading: string, detail: string): boolean {
  const first = /^ {2}-1 is followed by (\d+)$/.exec(detail)?.[1]
  return (
    first !== undefined &&
    heading.startsWith('Non-consecutive') &&
    Number(first) === Number.parseInt(basename(heading), 10)
  )
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function sumOfCounts(stdout: string): number {
  let sum = 0
  for (const [, records] of stdout.matchAll(/^baseOffset: \d+ lastOffset: \d+ count: (\d+)/gm)) sum += Number(records)
  return sum
}
