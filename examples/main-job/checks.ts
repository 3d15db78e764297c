import {inspect, isDeepStrictEqual} from 'node:util'
import type {VerifyReport} from 'odradek'
import type {Fingerprint} from './fingerprint.ts'
import type {LookUps} from './look-ups.ts'

/** Something that must hold, and what is wrong where it does not. */
export interface Check {
  readonly name: string
  readonly problem: string | undefined
}

export function check(name: string, problem: string | undefined): Check {
  return {name, problem}
}

/** Nothing lost, nothing twice, nothing changed, and each producer's flights in the order in which it appended them. */
export function checkFingerprint(what: string, actual: Fingerprint, expected: Fingerprint): Check[] {
  return [
    check(`${what}: every record, once`, different(actual.count, expected.count)),
    check(`${what}: contents as in the data set`, different(actual.contents, expected.contents)),
    ...expected.orders.map((order, producer) =>
      check(`${what}: producer ${producer + 1} in its order`, different(actual.orders[producer], order)),
    ),
  ]
}

export function checkEqual(name: string, actual: unknown, expected: unknown): Check {
  return check(name, different(actual, expected))
}

export function checkLookUps(name: string, {wrong}: LookUps): Check {
  return check(name, wrong[0] && `${wrong.length} wrong, the first: ${wrong[0]}`)
}

export function checkVerified(name: string, report: VerifyReport, records: number): Check {
  const damaged = report.segments.find(segment => !segment.ok)
  if (damaged !== undefined) {
    const why = damaged.damaged[0]?.why ?? damaged.problems[0]
    return check(name, `the segment at offset ${damaged.baseOffset}: ${why}`)
  }
  return check(name, report.ok ? different(report.records, records) : 'the report says that it is not ok')
}

function different(actual: unknown, expected: unknown): string | undefined {
  return isDeepStrictEqual(actual, expected) ? undefined : `is ${inspect(actual)}, should be ${inspect(expected)}`
}
