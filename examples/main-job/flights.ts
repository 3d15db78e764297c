import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {brotliDecompressSync} from 'node:zlib'

/** 300 000 flights in the order of their departure: what DATA.md tells about is what this reads. */
export interface Flight {
  /** The airport it left from. */
  readonly key: string
  /** When it left, in ms: the clock at that airport, read as if it were UTC. */
  readonly timestamp: number
  /** `date,delay,distance,origin,destination`: the flight's line as it stands in the file. */
  readonly value: string
}

export const FLIGHTS = 300_000
const HEADER = 'date,delay,distance,origin,destination'
const TEXT_BYTES = 9_673_343
const TEXT_SHA256 = '1584669f20d1f3b4e9f27e24363e506045cb114a119932b803fa2133649e2f7a'

/** One flight at a time; only the text they are cut from stays in memory. Damaged data gives no flight at all. */
export function* readFlights(): Generator<Flight, void, undefined> {
  // by the package's own name: the compiled file lies deeper than its source does
  const file = fileURLToPath(new URL('examples/main-job/flights.csv.br', import.meta.resolve('odradek/package.json')))
  const bytes = brotliDecompressSync(readFileSync(file), {maxOutputLength: TEXT_BYTES})
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== TEXT_SHA256) throw new Error(`${file} is not the file of DATA.md: its text has SHA-256 ${sha256}`)

  const text = bytes.toString('latin1')
  let flights = 0
  for (let start = HEADER.length + 1; start < text.length; flights++) {
    const end = text.indexOf('\n', start)
    yield flightOf(text.slice(start, end))
    start = end + 1
  }
  if (flights !== FLIGHTS) throw new Error(`${file} has ${flights} flights, not ${FLIGHTS}`)
}

function flightOf(value: string): Flight {
  const [date, , , origin] = value.split(',')
  if (date === undefined || origin === undefined) throw new Error(`no flight: ${value}`)
  return {key: origin, timestamp: Date.parse(`${date}Z`), value}
}
