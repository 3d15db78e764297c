/**
 * A test that cannot run in this environment is skipped with a word: the reason goes to stdout on a line of its
 * own, where the runner finds it and shows it next to the file. A bare `test.skip` is counted, but tells nobody why.
 *
 *   if (hasStrace) test('a failed fdatasync is never acked', …)
 *   else skip(test, 'a failed fdatasync is never acked', 'strace is not installed')
 */
export const SKIP_MARK = '#skipped '

/** `test` is a uvu suite, or uvu's own `test`. */
export function skip(test: {skip(name: string): void}, name: string, reason: string): void {
  process.stdout.write(`\n${SKIP_MARK}${name}: ${reason}\n`)
  test.skip(name)
}
