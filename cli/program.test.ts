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
    [['topic'], 'Usage: odradek topic'],
    [['topic', 'list'], 'which cluster? --dir DIR opens one here'],
    [['topic', 'list', '--dir', 'd', '-b', 'h:1'], '--dir and -b exclude each other'],
    [['topic', 'list', '-b', 'nowhere'], "-b takes HOST:PORT, or several with commas between them, not 'nowhere'"],
    [['topic', 'create', 'a', '--dir', 'd', '-o', 'x'], "a config is given as key=value, not 'x'"],
    [['topic', 'alter', 'a', '--dir', 'd'], 'alter what?'],
    [['topic', 'descibe'], 'Did you mean describe?'],
    [['produce', 'a', '--dir', 'd', '-z', 'lz4'], '--compress is none, gzip, not lz4'],
    [['produce', 'a', '--dir', 'd', '-a', '2'], '--acks is 0, 1, all, -1, not 2'],
    [['produce', 'a', '--dir', 'd', '-J', '-K', ':'], 'exclude each other'],
    [['produce', 'a', '--dir', 'd', '-H', 'x'], '--header is given as name=value'],
    [['consume', 'a', '--dir', 'd', '-o', 'noon'], 'It is beginning, end'],
    [['consume', 'a', '--dir', 'd', '-f', '%x'], '--format has no %x'],
    [['consume', 'a', '--dir', 'd', '-J', '--json'], 'exclude each other: choose one'],
    [['consume', 'a', '--dir', 'd', '-g', 'g', '-o', '7'], 'a group goes on where it left off'],
    [['group', 'seek', 'g', 't', '--dir', 'd'], "required option '--to <position>' not specified"],
  ] as const) {
    const {status: exit, stdout: out, stderr: error} = await runHere(args)
    assert.equal([exit, out], [2, ''], `${args.join(' ')}: ${error}`)
    assert.match(error, words)
  }
})

test('every command has help with examples and exit codes', async () => {
  assert.match((await runHere(['--help'])).stdout, 'odradek topic --help')
  for (const path of [
    ...['verify', 'dump', 'tail', 'stats', 'export', 'import'].map(tool => ['log', tool]),
    ...['list', 'create', 'describe', 'alter', 'delete'].map(tool => ['topic', tool]),
    ...['list', 'describe', 'seek', 'delete'].map(tool => ['group', tool]),
    ['cluster', 'status'],
    ['cluster', 'health'],
    ['produce'],
    ['consume'],
  ]) {
    const {status: exit, stdout: out, stderr: error} = await runHere([...path, '--help'])
    assert.equal([exit, error], [0, ''])
    assert.match(out, new RegExp(`Usage: odradek ${path.join(' ')}(\\|\\w+)? \\[options\\]`))
    assert.match(out, /Examples:\n {2}/)
    assert.match(out, /Exit codes: 0 fine, .*, 2 wrong usage, 130 cut short/)
    assert.match(out, /With --json: |JSON lines; this is the default|With --json: a record/)
    if (path[0] !== 'log') assert.match(out, '-b, --bootstrap-server')
  }
})

test.run()
