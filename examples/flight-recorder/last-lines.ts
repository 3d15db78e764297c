import {openLog} from 'odradek'

export interface LastLines {
  readonly lines: readonly string[]
  /** The last program that recorded here closed its log. Where it did not, it crashed or was killed. */
  readonly ended: boolean
}

/** The last lines of a flight recorder whose program has ended. (Beside one that runs: `odradek log tail -f DIR`.) */
export async function lastLines(dir: string, count: number): Promise<LastLines> {
  // what is there stays, however old it is
  await using log = await openLog(dir, {durability: 'written', retentionMs: -1})
  const lines: string[] = []
  for await (const record of log.reader({from: {last: count}})) lines.push(record.text() ?? '')
  return {lines, ended: log.recovered.clean}
}
