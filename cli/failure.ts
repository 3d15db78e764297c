import {constants} from 'node:os'
import {OdradekError} from '../engine/errors.ts'
import type {Interrupt} from './interrupt.ts'

/** What the process ends with. Work that a signal cuts short ends as the shell tells of a signal: 128 and its number. */
export const EXIT = {
  fine: 0,
  failed: 1,
  usage: 2,
  cutShort: (signal: Interrupt) => 128 + constants.signals[signal],
} as const

/** The command was asked for something it does not do. The message says what to do. */
export class UsageError extends Error {}

/** What was asked for could not be had, for a reason that the message tells in full. */
export class Failure extends Error {}

/** A line for people. What is no expected failure shows where it came from. */
export function failureText(error: unknown): string {
  if (error instanceof OdradekError || error instanceof UsageError || error instanceof Failure) return error.message
  const {code, message, stack, name} = error as {
    code?: string | number
    message?: string
    stack?: string
    name?: string
  }
  if (name?.startsWith('KafkaJS')) return kafkaText(error as KafkaFailure)
  if (code === 'EACCES' || code === 'EPERM') return `${message}; run as the user who owns it`
  return code === undefined ? (stack ?? String(error)) : (message ?? String(code))
}

/** An error of kafkajs' classes, its own or ours: they are told by their names. */
interface KafkaFailure extends Error {
  readonly type?: string
  readonly topic?: string
  readonly errors?: readonly KafkaFailure[]
  readonly groups?: readonly {readonly groupId: string; readonly error?: KafkaFailure}[]
}

function kafkaText(failure: KafkaFailure): string {
  const {message, type, topic, errors, groups, cause} = failure
  if (errors !== undefined && errors.length > 0) return errors.map(failureText).join('; ')
  if (groups !== undefined && groups.length > 0)
    return groups
      .map(({groupId, error}) => `${groupId}: ${error === undefined ? message : kafkaText(error)}`)
      .join('; ')
  if (cause instanceof OdradekError) return cause.message
  if (failure.name === 'KafkaJSNumberOfRetriesExceeded' && cause instanceof Error) return failureText(cause)
  const about = topic === undefined || message.includes(topic) ? '' : `${topic}: `
  return type === undefined || message.startsWith(type) ? `${about}${message}` : `${type}: ${about}${message}`
}
