import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runHere} from '../property-tests/cli/run-here.ts'

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
    const {status: exit, stdout: out, stderr: error} = await runHere(args)
    assert.equal([exit, out], [2, ''], `${args.join(' ')}: ${error}`)
    assert.match(error, words)
  }
})

test('every command has help with examples and exit codes', async () => {
  assert.match((await runHere(['--help'])).stdout, 'odradek log --help')
  for (const tool of ['verify', 'dump', 'tail', 'stats', 'export', 'import']) {
    const {status: exit, stdout: out, stderr: error} = await runHere(['log', tool, '--help'])
    assert.equal([exit, error], [0, ''])
    assert.match(out, `Usage: odradek log ${tool} [options] <`)
    assert.match(out, /Examples:\n {2}/)
    assert.match(
      out,
      'Exit codes: 0 fine, 1 damage or failure found, or nothing where it was asked for, 2 wrong usage, 130 cut short',
    )
  }
})

test.run()
