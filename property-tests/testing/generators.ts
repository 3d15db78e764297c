import type {Arbitrary} from 'fast-check'
import {OdradekError} from '../../engine/errors.ts'
import {DISK_ERRORS, type FaultPlan, type FaultStep, MS_MAX, type PlanShape, STEPS} from './fault-plan.ts'

/** A record as `send` takes it, with everything in it that a record can have. */
export interface AnyRecord {
  readonly key: string | null
  readonly value: string | Uint8Array | null
  readonly headers: Record<string, string | Uint8Array>
}

/** One send of a history to come. */
export interface AnySend {
  readonly topic: string
  readonly partition: number
  readonly records: readonly AnyRecord[]
}

// asked for here and not at the first use, so that it is the very module that the tests import
const fastCheck = await import('fast-check').catch(() => undefined)

function fc(): typeof import('fast-check') {
  if (fastCheck === undefined)
    throw new OdradekError(
      'INVALID_CONFIG',
      'odradek/testing generates by fast-check: npm install --save-dev fast-check',
    )
  return fastCheck
}

/** Keys of which many are the same, as keys are; `null` among them. */
export function keys(options: {distinct?: number} = {}): Arbitrary<string | null> {
  const {distinct = 5} = options
  const {oneof, constant, nat, string} = fc()
  return oneof(
    {weight: 6, arbitrary: nat(distinct - 1).map(key => `key-${key}`)},
    {weight: 1, arbitrary: string({unit: 'grapheme', maxLength: 20})},
    {weight: 1, arbitrary: constant(null)},
  )
}

/** Records, empty and odd ones among them. `bytesMax` bounds a value. */
export function records(options: {distinctKeys?: number; bytesMax?: number} = {}): Arbitrary<AnyRecord> {
  const {distinctKeys = 5, bytesMax = 200} = options
  const {record, oneof, string, uint8Array, constant, dictionary} = fc()
  const text = string({unit: 'grapheme', maxLength: Math.floor(bytesMax / 8)})
  const value = oneof(text, uint8Array({maxLength: bytesMax}), constant(null))
  const headers = dictionary(string({minLength: 1, maxLength: 10}), oneof(text, uint8Array({maxLength: 20})), {
    maxKeys: 3,
    noNullPrototype: true,
  })
  return record({key: keys({distinct: distinctKeys}), value, headers})
}

/** Sends to some topics' partitions, each of some records. */
export function sends(
  options: {topics?: readonly string[]; partitions?: number; recordsMax?: number; sendsMax?: number} = {},
): Arbitrary<AnySend[]> {
  const {topics = ['topic'], partitions = 1, recordsMax = 5, sendsMax = 20} = options
  const {array, record, constantFrom, nat} = fc()
  const one = record({
    topic: constantFrom(...topics),
    partition: nat(partitions - 1),
    records: array(records(), {minLength: 1, maxLength: recordsMax}),
  })
  return array(one, {minLength: 1, maxLength: sendsMax, size: 'max'})
}

/** Plans of what goes wrong in a cluster, for `runFaults`; they shrink to the few faults that matter. */
export function faultPlans(shape: PlanShape): Arbitrary<FaultPlan> {
  const {brokers, coordinators = 1, steps = STEPS, msMax = MS_MAX} = shape
  const {array, record, oneof, constant, constantFrom, integer} = fc()
  const times = {ms: integer({min: 1, max: msMax}), pauseMs: integer({min: 0, max: msMax})}
  const broker = integer({min: 1, max: brokers})
  const disk = constantFrom(...DISK_ERRORS).chain(({call, error}) =>
    record({
      type: constant('disk' as const),
      broker,
      call: constant(call),
      error: constant(error),
      probability: constantFrom(1, 0.5, 0.1),
      ...times,
    }),
  )
  const kinds: Arbitrary<FaultStep>[] = [
    record({type: constant('kill' as const), broker, ...times}),
    record({type: constant('stall' as const), broker, ...times}),
    disk,
    record({type: constant('slow disk' as const), broker, latencyMs: integer({min: 1, max: 20}), ...times}),
  ]
  const coordinator = integer({min: 1, max: coordinators})
  if (coordinators > 1) kinds.push(record({type: constant('kill coordinator' as const), coordinator, ...times}))
  return array(oneof(...kinds), {maxLength: steps, size: 'max'})
}
