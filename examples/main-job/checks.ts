import {inspect, isDeepStrictEqual} from 'node:util'
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

/** Nothing lost, nothing twice, nothing changed, and each airport's flights in their order. */
export function checkFingerprint(what: string, actual: Fingerprint, expected: Fingerprint): Check[] {
  const airports = [...new Set([...expected.orders.keys(), ...actual.orders.keys()])]
  const broken = airports.filter(airport => actual.orders.get(airport) !== expected.orders.get(airport))
  return [
    check(`${what}: every record, once`, different(actual.count, expected.count)),
    check(`${what}: contents as in the data set`, different(actual.contents, expected.contents)),
    check(
      `${what}: each of ${expected.orders.size} airports in its order`,
      broken.length === 0 ? undefined : `not so: ${broken.join(' ')}`,
    ),
  ]
}

export function checkEqual(name: string, actual: unknown, expected: unknown): Check {
  return check(name, different(actual, expected))
}

export function checkLookUps(name: string, {wrong}: LookUps): Check {
  return check(name, wrong[0] && `${wrong.length} wrong, the first: ${wrong[0]}`)
}

/** A partition's files have a hash in each broker's dir: there are as many as replicas, and all the same. */
export function checkSame(name: string, hashes: readonly (readonly string[])[], replicas: number): Check {
  const broken = [...hashes.keys()].filter(
    partition => hashes[partition]!.length !== replicas || new Set(hashes[partition]).size !== 1,
  )
  return check(name, broken.length === 0 ? undefined : `not so: partitions ${broken.join(' ')}`)
}

function different(actual: unknown, expected: unknown): string | undefined {
  return isDeepStrictEqual(actual, expected) ? undefined : `is ${inspect(actual)}, should be ${inspect(expected)}`
}
