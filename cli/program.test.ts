import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {exitCodeOf} from './failure.ts'
import {program} from './program.ts'

/** Runs a command line that does not get as far as a directory: its exit code, and what it printed. */
async function run(args: readonly string[]): Promise<{exit: number; out: string; error: string}> {
  let out = ''
  let error = ''
  const tell = (text: string) => {
    error += text
  }
  try {
    await program({
      writeOut: text => {
        out += text
      },
      writeErr: tell,
    }).parseAsync([...args], {from: 'user'})
    throw new Error('it was taken')
  } catch (thrown) {
    return {exit: exitCodeOf(thrown, tell), out, error}
  }
}

test('wrong usage is exit code 2 and says what to do', async () => {
  for (const [args, words] of [
    [[], 'Usage: odradek'],
    [['log'], 'Usage: odradek log'],
    [['log', 'verfy', 'dir'], 'Did you mean verify?'],
    [['log', 'verify'], "missing required argument 'dir'"],
    [['log', 'verify', 'dir', '--deep'], "unknown option '--deep'"],
    [['log', 'tail', 'dir', '--form', '1'], 'Did you mean --from?'],
    [['log', 'tail', 'dir', '--from', 'noon'], 'It is earliest, latest'],
    [['log', 'dump', 'dir', '--to', '1.5'], 'It is a whole number'],
    [['log', 'dump', 'dir', '--index', '--timeindex'], 'choose one'],
    [['log', 'export', 'dir', '--json', '--values'], 'choose one'],
    [['log', 'import', 'dir', '--key-field', 'id'], 'go with --lines'],
    [['log', 'import', 'dir', '--durability', 'none'], '--durability is synced or written'],
    [['log', 'stats', 'dir', 'more'], 'too many arguments'],
  ] as const) {
    const {exit, out, error} = await run(args)
    assert.equal([exit, out], [2, ''], `${args.join(' ')}: ${error}`)
    assert.match(error, words)
  }
})

test('every command has help with examples and exit codes', async () => {
  assert.match((await run(['--help'])).out, 'odradek log --help')
  for (const tool of ['verify', 'dump', 'tail', 'stats', 'export', 'import']) {
    const {exit, out, error} = await run(['log', tool, '--help'])
    assert.equal([exit, error], [0, ''])
    assert.match(out, `Usage: odradek log ${tool} [options] <`)
    assert.match(out, /Examples:\n {2}/)
    assert.match(out, 'Exit codes: 0 fine, 1 damage or failure found, 2 wrong usage.')
  }
})

test.run()
