/** Between which scores the whole lies, 19 times of 20, when `noticed` of `tried` are a sample of `all` (Wilson's interval). */
export function plusMinus(noticed: number, tried: number, all: number): string {
  if (tried === 0 || tried >= all) return ''
  const share = noticed / tried
  // of a whole that has an end, a sample knows more
  const z2 = 1.96 ** 2 * ((all - tried) / (all - 1))
  const middle = (share + z2 / (2 * tried)) / (1 + z2 / tried)
  const half = Math.sqrt(z2 * ((share * (1 - share)) / tried + z2 / (4 * tried * tried))) / (1 + z2 / tried)
  return ` (${(100 * (middle - half)).toFixed(1)} to ${(100 * (middle + half)).toFixed(1)} % of all, 19 times of 20)`
}
