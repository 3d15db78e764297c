/**
 * A claim about our own code. When it is false we have a bug: the throw ends the thread that holds the broken state.
 * One claim a call, worded as the rule that must hold. What a user or a disk can cause is an `OdradekError` instead.
 */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new AssertionFailed(rule)
}

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}
