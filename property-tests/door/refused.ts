import * as assert from 'uvu/assert'
import {type ErrorCode, OdradekError} from '../../index.ts'

/** Does what must be refused, at once or by a promise, with this code and, where given, these words. */
export async function refused(code: ErrorCode, action: () => unknown, words = ''): Promise<OdradekError> {
  let error: unknown
  try {
    await action()
  } catch (caught) {
    error = caught
  }
  assert.instance(error, OdradekError, `${code} was expected, not ${String(error)}`)
  const refusal = error as OdradekError
  assert.is(refusal.code, code, refusal.message)
  assert.ok(refusal.message.startsWith(`${code}: `), refusal.message)
  assert.ok(refusal.message.includes(words), `'${words}' is not in: ${refusal.message}`)
  return refusal
}
