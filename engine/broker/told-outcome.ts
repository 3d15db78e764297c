import type {Outcome} from '../coordinator/requests.ts'
import type {ErrorCode} from '../errors.ts'

/** Why something was not done. */
export interface Refused {
  readonly error: ErrorCode
  readonly message: string
}

/** How it went with one of the things asked for, as Kafka's answers tell it. */
export function toldOutcome(outcome: Outcome | Refused): {
  readonly errorCode: ErrorCode | 'NONE'
  readonly errorMessage: string | null
} {
  return outcome.error === undefined
    ? {errorCode: 'NONE', errorMessage: null}
    : {errorCode: outcome.error, errorMessage: outcome.message}
}
