/** Something measured did not do its work: its numbers mean nothing. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult'
}

/** A bench that measures work which was not done is worse than none. */
export function expectSame(what: string, found: number, expected: number): void {
  if (found !== expected) throw new WrongResult(`${what}: found ${found}, expected ${expected}`)
}
