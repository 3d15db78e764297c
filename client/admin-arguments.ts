import {OdradekError} from '../engine/errors.ts'
import {checkOptions, checkSignal, describe} from './arguments.ts'

/** What an argument of the admin must be; `what` names it in the error. Values beyond their range are the coordinators' to refuse, with Kafka's codes. */
type Check = (what: string, value: unknown) => void

export const checkName: Check = (what, value) => {
  if (typeof value !== 'string') refuse(what, 'a string', value)
}

export const checkNumber: Check = (what, value) => {
  if (!Number.isSafeInteger(value)) refuse(what, 'a whole number', value)
}

const checkBoolean: Check = (what, value) => {
  if (typeof value !== 'boolean') refuse(what, 'true or false', value)
}

/** A list of what `each` takes. */
export function listOf(each: Check): Check {
  return (what, value) => {
    if (!Array.isArray(value)) refuse(what, 'a list', value)
    for (const [i, item] of (value as unknown[]).entries()) each(`${what}[${i}]`, item)
  }
}

export function orNull(check: Check): Check {
  return (what, value) => {
    if (value !== null) check(what, value)
  }
}

const checkConfig: Check = (what, value) => {
  if (!['string', 'number', 'boolean'].includes(typeof value)) refuse(what, 'a string, a number or a boolean', value)
}

/** Configs by their names; null, where it is allowed, takes one back. */
export function configs(each: Check = checkConfig): Check {
  return (what, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(what, 'an object', value)
    for (const [name, config] of Object.entries(value as object)) each(`${what}[${JSON.stringify(name)}]`, config)
  }
}

function checkTimeout(what: string, value: unknown): void {
  if (!(typeof value === 'number' && value >= 0)) refuse(what, 'a number of ms from 0', value)
}

export const checkConfigChanges = configs(orNull(checkConfig))

/** An object with these fields, of which those in `needed` must be there. */
export function fields(checks: Readonly<Record<string, Check>>, needed: readonly string[]): Check {
  return (what, value) => {
    checkOptions(what, value, Object.keys(checks))
    for (const [name, check] of Object.entries(checks)) {
      const field = (value as Record<string, unknown>)[name]
      if (field !== undefined || needed.includes(name)) check(`${what}.${name}`, field)
    }
  }
}

export const checkPartitionRefs = listOf(fields({topic: checkName, partition: checkNumber}, ['topic', 'partition']))

export const checkTopics = listOf(
  fields(
    {
      name: checkName,
      numPartitions: checkNumber,
      replicationFactor: checkNumber,
      assignments: listOf(listOf(checkNumber)),
      configs: configs(),
    },
    ['name'],
  ),
)

const CALL_OPTIONS = {timeoutMs: checkTimeout, signal: (_: string, value: unknown) => checkSignal(value)}

export const checkCallOptions = fields(CALL_OPTIONS, [])

export const checkCreateOptions = fields({validateOnly: checkBoolean, ...CALL_OPTIONS}, [])

export const checkReassignments = listOf(
  fields({topic: checkName, partition: checkNumber, replicas: orNull(listOf(checkNumber))}, [
    'topic',
    'partition',
    'replicas',
  ]),
)

function refuse(what: string, wanted: string, value: unknown): never {
  throw new OdradekError('INVALID_ARGUMENT', `${what} is ${wanted}, not ${describe(value)}`)
}
