/** What a person meets first: help, wrong arguments, wrong directories. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {snapshot} from '../door/snapshot.ts'
import {tempDir} from '../door/temp-dir.ts'
import {runCli} from './run-cli.ts'
import {runHere} from './run-here.ts'

const READERS = ['verify', 'dump', 'tail', 'stats', 'export']

test('help, on every level, goes to stdout with exit code 0 and examples', async () => {
  const helps = await Promise.all(
    [
      ['log', '--help'],
      ['log', 'dump', '--help'],
    ].map(args => runCli(args)),
  )
  for (const {status, stdout, stderr} of helps) {
    assert.equal([status, stderr], [0, ''])
    assert.match(stdout, /Exit codes: 0 fine, 1 damage or failure found, .*, 2 wrong usage, 130 cut short by Ctrl-C/)
  }
  for (const tool of [...READERS, 'import']) assert.match(helps[0]!.stdout, `  ${tool} `)
  assert.match(helps[1]!.stdout, 'Examples:\n  odradek log dump ./data/events')
  assert.match((await runCli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('wrong usage is exit code 2, a line on stderr that says what to do, and nothing on stdout', async () => {
  for (const [args, words] of [
    [['log', 'tail', 'dir', '--form', '1'], 'Did you mean --from?'],
    [['log', 'import', 'dir', '--key-field', 'id'], 'go with --lines'],
  ] as const) {
    const {status, stdout, stderr} = await runCli(args)
    assert.equal([status, stdout], [2, ''], stderr)
    assert.match(stderr, words)
  }
})

test('a directory that is none of ours is one clear line, exit code 1, and stays as it is', async () => {
  const dir = tempDir()
  fs.mkdirSync(`${dir}/empty`)
  fs.mkdirSync(`${dir}/foreign`)
  fs.writeFileSync(`${dir}/foreign/file`, 'text')
  const before = snapshot(dir)
  for (const [path, words] of [
    ['nowhere', 'does not exist; give the directory that openLog was given'],
    ['foreign/file', 'is a file'],
    ['empty', 'is empty'],
    ['foreign', 'holds something else, no log'],
  ] as const) {
    for (const name of path === 'nowhere' ? READERS : ['verify']) {
      const {status, stdout, stderr} = await runHere(['log', name, `${dir}/${path}`])
      assert.equal([status, stdout, stderr.split('\n').length], [1, '', 2], stderr)
      assert.ok(stderr.startsWith('odradek: ') && stderr.includes(words), stderr)
    }
  }
  assert.equal(snapshot(dir), before)
})

test('a directory or a file that this user may not read says so', async () => {
  if (process.getuid?.() !== 0) return
  const dir = tempDir()
  const log = await openLog(dir)
  await log.send('one')
  await log.close()
  fs.chmodSync(dir, 0o711)
  const refused = await runCli(['log', 'stats', dir], {uid: 65_534})
  assert.equal([refused.status, refused.stdout], [1, ''])
  assert.match(refused.stderr, /PERMISSION_DENIED.*run as the user who owns it/)
  fs.chmodSync(dir, 0o755)
  fs.chmodSync(`${dir}/log-0/00000000000000000000.log`, 0o600)
  const unread = await runCli(['log', 'verify', dir], {uid: 65_534})
  assert.equal([unread.status, unread.stdout], [1, ''], unread.stderr)
  assert.match(unread.stderr, /permission denied/)
})

test('a path in which one could get lost stands in quotes', async () => {
  const dir = `${tempDir()}/my logs`
  fs.mkdirSync(dir)
  assert.match((await runHere(['log', 'stats', dir])).stderr, `'${dir}' is empty`)
  assert.match((await runHere(['log', 'stats', `${dir}/\u001b[2J`])).stderr, `'${dir}/\\u001b[2J' does not exist`)
})

test('several logs in a directory: choose one', async () => {
  const dir = tempDir()
  for (const topic of ['a', 'b']) await (await openLog(dir, {topic})).close()
  const unnamed = await runHere(['log', 'stats', dir])
  assert.equal([unnamed.status, unnamed.stdout], [2, ''])
  assert.match(unnamed.stderr, 'holds several logs: a-0, b-0; choose one with --topic')
  assert.match((await runHere(['log', 'stats', dir, '--topic', 'b'])).stdout, /^b-0 in /)
})

test.run()
