/** Whatever is wrong is refused with a typed error that says what is right, and nothing is lost or changed by it. */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type ErrorCode, type LogOptions, openLog, type RecordInput} from '../../index.ts'
import {skip} from '../runner/skip.ts'
import {onNewLog} from './on-new-log.ts'
import {refused} from './refused.ts'
import {runProgram} from './run-program.ts'
import {snapshot} from './snapshot.ts'
import {tempDir} from './temp-dir.ts'

/** Values that are next to nothing's right type. */
const NONSENSE: readonly unknown[] = [
  null,
  true,
  'x y',
  1.5,
  -7,
  Number.NaN,
  Infinity,
  2 ** 53,
  5n,
  Symbol('s'),
  [],
  {},
  () => 5,
  Object.create(null),
  new Date(),
]

const WRONG_OPTIONS: readonly (readonly [keyof LogOptions, readonly unknown[], string])[] = [
  ['topic', ['', '.', '..', 'a/b', 'ä', 'x'.repeat(250)], '1 to 249 letters'],
  ['durability', ['Synced', 'none', ''], "'written' or 'synced'"],
  ['segmentBytes', [0, 1023, 2 ** 31, '4096'], 'from 1024 to 2147483647'],
  ['segmentMs', [0, '1'], 'from 1'],
  ['segmentIndexBytes', [0, 23, 2 ** 31], 'from 24'],
  ['indexIntervalBytes', [-1, 2 ** 31], 'from 0'],
  ['retentionMs', [-2], 'from -1'],
  ['retentionBytes', [-2], 'from -1'],
  ['retentionCheckMs', [0], 'from 1'],
  ['maxMessageBytes', [0, 127, 128 * 1024 * 1024 + 1], 'from 128'],
  ['messageTimestampType', ['createtime'], "'CreateTime' or 'LogAppendTime'"],
  ['flushMessages', [0, -2], 'from 1, or -1'],
  ['flushMs', [-2], 'from -1'],
  ['bufferMemory', [-1], 'from 0'],
  ['onDamage', ['ignore'], "'refuse' or 'keep'"],
  ['workerEntry', ['file:///x.js', '', new URL('https://example.org/x.js')], 'a URL, file: or data:'],
]

test('options: each is checked, by name and value, before anything is made', async () => {
  const dir = `${tempDir()}/never-made`
  for (const [name, values, words] of WRONG_OPTIONS) {
    for (const value of [...values, ...NONSENSE]) {
      const error = await refused('INVALID_CONFIG', () => openLog(dir, {[name]: value}), words)
      assert.ok(error.message.includes(name))
    }
  }
  await refused(
    'INVALID_CONFIG',
    () => openLog(dir, {segmentbytes: 4096} as LogOptions),
    'there is no option segmentbytes; there are topic,',
  )
  await refused('INVALID_CONFIG', () => openLog(dir, {'retention.ms': 5} as LogOptions))
  for (const options of [null, 5, 'options', []])
    await refused('INVALID_CONFIG', () => openLog(dir, options as LogOptions), 'options are an object')
  assert.not(fs.existsSync(dir))
})

test('options that are undefined count as not given', async () => {
  const names = WRONG_OPTIONS.map(([name]) => name)
  await onNewLog(Object.fromEntries(names.map(name => [name, undefined])), async log => {
    assert.is((await log.send('x')).durability, 'synced')
  })
})

test('dir: only a path will do', async () => {
  for (const dir of [
    ...NONSENSE.filter(value => typeof value !== 'string'),
    undefined,
    '',
    'a\0b',
    Buffer.from('/tmp/x'),
  ])
    await refused('INVALID_ARGUMENT', () => openLog(dir as string), 'path of a directory')
})

test('dir: a file, below a file, a link to nowhere', async () => {
  const dir = tempDir()
  fs.writeFileSync(`${dir}/file`, 'text')
  fs.symlinkSync(`${dir}/nowhere/at/all`, `${dir}/dangling`)
  fs.symlinkSync(`${dir}/file`, `${dir}/link`)
  for (const path of ['file', 'file/below', 'file/far/below', 'link'])
    await refused('NOT_A_DIRECTORY', () => openLog(`${dir}/${path}`))
  await refused('NOT_A_DIRECTORY', () => openLog(`${dir}/dangling`))
  assert.equal(fs.readdirSync(dir).sort(), ['dangling', 'file', 'link'])
  assert.is(fs.readFileSync(`${dir}/file`, 'utf8'), 'text')
})

test('dir: one that holds something else is refused and left as it is', async () => {
  const strangers: Record<string, (dir: string) => void> = {
    'a file': dir => fs.writeFileSync(`${dir}/notes.txt`, 'mine'),
    'a directory': dir => fs.mkdirSync(`${dir}/photos`),
    'a directory that is nearly a partition': dir => fs.mkdirSync(`${dir}/log-x`),
    'partitions without meta.properties': dir => fs.mkdirSync(`${dir}/log-0`),
    'another meta.properties': dir => fs.writeFileSync(`${dir}/meta.properties`, 'version=7\n'),
    'an empty meta.properties': dir => fs.writeFileSync(`${dir}/meta.properties`, ''),
    'a cut meta.properties': dir => fs.writeFileSync(`${dir}/meta.properties`, 'version=1\ncluster.id=x\nnode.'),
    'bytes as meta.properties': dir => fs.writeFileSync(`${dir}/meta.properties`, Buffer.alloc(1000, 0xff)),
    'a strange directory beside its own files': dir => {
      fs.writeFileSync(`${dir}/meta.properties`, 'version=1\ncluster.id=x\nnode.id=1\n')
      fs.mkdirSync(`${dir}/photos`)
    },
  }
  for (const [what, make] of Object.entries(strangers)) {
    const dir = tempDir()
    make(dir)
    const before = snapshot(dir)
    const error = await refused('FOREIGN_DIR', () => openLog(dir), dir)
    assert.match(error.message, /choose|restore|move/, what)
    assert.equal(snapshot(dir), before, what)
  }
})

test('a dir of its own: corrupt metadata is refused, corrupt checkpoints are done without', async () => {
  const dir = tempDir()
  const first = await openLog(dir)
  await first.send(['one', 'two', 'three'])
  await first.deleteRecordsBefore(1)
  await first.close()
  for (const [file, code] of [
    ['meta.properties', 'FOREIGN_DIR'],
    ['log-0/partition.metadata', 'FOREIGN_DIR'],
  ] as [string, ErrorCode][]) {
    const text = fs.readFileSync(`${dir}/${file}`)
    for (const corrupt of ['', 'x', text.subarray(0, 12), Buffer.from(text).fill(0)]) {
      fs.writeFileSync(`${dir}/${file}`, corrupt)
      const before = snapshot(dir)
      await refused(code, () => openLog(dir), file)
      assert.equal(snapshot(dir), before)
    }
    fs.writeFileSync(`${dir}/${file}`, text)
  }
  const checkpoints = fs.readdirSync(dir).filter(name => name.endsWith('checkpoint'))
  assert.ok(checkpoints.length >= 3)
  for (const corrupt of [
    '',
    'x',
    '0\n',
    '0\n1\n',
    '0\n1\nlog 0 -5\n',
    '0\n1\nlog 0 99999999999999999999\n',
    '0\n9\nlog 0 1\n',
    '7\n1\nlog 0 1\n',
  ]) {
    for (const name of checkpoints) fs.writeFileSync(`${dir}/${name}`, corrupt)
    const log = await openLog(dir)
    assert.is(log.logEndOffset, 3)
    assert.is(log.logStartOffset, 0, 'the checkpoint alone knew of a start within the segment')
    await log.close()
  }
})

const FOREIGNERS: Record<string, (dir: string) => void> = {
  'a dir that cannot be written': dir => fs.chmodSync(dir, 0o555),
  'a dir that cannot be entered': dir => fs.chmodSync(dir, 0o000),
  'a parent that cannot be written': dir => {
    fs.rmSync(dir, {recursive: true})
    fs.chmodSync(path.dirname(dir), 0o555)
  },
  'a file of it that cannot be written': dir => {
    for (const name of fs.readdirSync(`${dir}/log-0`)) fs.chmodSync(`${dir}/log-0/${name}`, 0o444)
  },
  'a file of it that cannot be read': dir => fs.chmodSync(`${dir}/meta.properties`, 0o000),
}

const NOBODY = 65534
const canBeNobody =
  process.getuid?.() !== 0 || spawnSync(process.execPath, ['-v'], {uid: NOBODY, gid: NOBODY}).status === 0

for (const [what, forbid] of Object.entries(FOREIGNERS)) {
  const name = `no permission: ${what}`
  if (!canBeNobody) skip(test, name, 'the tests run as root, and no process can be started as anybody else')
  else
    test(name, async () => {
      const dir = `${tempDir()}/log`
      const log = await openLog(dir)
      await log.send('one')
      await log.close()
      const ours = snapshot(dir)
      // who is not root runs the test as himself
      const uid = process.getuid?.() === 0 ? NOBODY : process.getuid!()
      for (const file of [path.dirname(dir), dir, ...Object.keys(ours).map(name => `${dir}/${name}`)])
        fs.chownSync(file, uid, -1)
      forbid(dir)
      const {stdout, status} = await runProgram('say why it cannot be opened', [dir], {uid})
      for (const folder of [path.dirname(dir), dir]) if (fs.existsSync(folder)) fs.chmodSync(folder, 0o755)
      assert.is(stdout.split(':')[0], 'PERMISSION_DENIED', stdout)
      assert.is(status, 0)
      if (!what.startsWith('a parent')) assert.equal(snapshot(dir), ours)
    })
}

test('records: what is none is refused, and what stands beside it in a send is not taken either', async () => {
  await onNewLog({}, async log => {
    const wrong: [unknown, string][] = [
      [undefined, 'a string, bytes or {key, value, headers, timestamp}'],
      [null, 'not null'],
      [5, 'not the number 5'],
      [5n, 'not the bigint 5n'],
      [Symbol('s'), 'not the symbol'],
      [() => 'x', 'not a function'],
      [{}, 'value is a string, bytes or null, not undefined'],
      [Object.create(null), 'value is'],
      [['a'], 'value is'],
      [new ArrayBuffer(4), 'value is'],
      [new Uint16Array(4), 'value is'],
      [{key: 'k'}, 'value is'],
      [{value: 5}, 'not the number 5'],
      [{value: {a: 1}}, 'not an object ({ a: 1 })'],
      [{value: new Uint16Array(1)}, 'value is'],
      [{value: 'v', key: 5}, 'key is a string, bytes or null, not the number 5'],
      [{value: 'v', key: {}}, 'key is'],
      [{value: 'v', timestamp: -1}, 'timestamp is a whole number of ms since 1970, not the number -1'],
      [{value: 'v', timestamp: 1.5}, 'timestamp is'],
      [{value: 'v', timestamp: Number.NaN}, 'timestamp is'],
      [{value: 'v', timestamp: 2 ** 53}, 'timestamp is'],
      [{value: 'v', timestamp: 5n}, 'timestamp is'],
      [{value: 'v', timestamp: null}, 'timestamp is'],
      [{value: 'v', timestamp: new Date()}, 'timestamp is'],
      [{val: 'v', value: 'v'}, 'a record has no property val; it has key, value, headers, timestamp'],
      [{value: 'v', header: {h: 'v'}}, 'no property header'],
      [{value: 'v', headers: null}, 'headers are'],
      [{value: 'v', headers: 'h'}, 'headers are'],
      [{value: 'v', headers: [['h']]}, 'headers are a list of [name, value] pairs'],
      [{value: 'v', headers: [['h', 5]]}, 'header h is a string, bytes or null, not the number 5'],
      [{value: 'v', headers: new Map([['h', 'v']])}, 'headers are'],
      [{value: 'v', headers: {h: 5}}, 'header h is a string, bytes or null, not the number 5'],
      [{value: 'v', headers: {h: ['ok', undefined]}}, 'header h is'],
      [
        {value: 'v', headers: Object.fromEntries(Array.from({length: 10_001}, (_, i) => [`h${i}`, '']))},
        '10000 is the most',
      ],
    ]
    for (const [record, words] of wrong) {
      await refused('INVALID_RECORD', () => log.append(record as string), words)
      await refused('INVALID_RECORD', () => log.send(['good', record as string, 'good']), words)
    }
    await refused('INVALID_RECORD', () => log.send([]), 'at least one')
    await log.flush()
    assert.is(log.logEndOffset, 0)
    await log.send('good')
    assert.is(log.logEndOffset, 1)
  })
})

test('records: one that is misspelt is refused by append no later than with the next batch', async () => {
  await onNewLog({}, async log => {
    const misspelt = {value: 'x'.repeat(1000), header: {h: 'v'}} as never
    log.append('first')
    await refused('INVALID_RECORD', () => log.append(misspelt), 'no property header')
    for (let i = 0; i < 10; i++) log.append('good')
    // the open batch is past its check; what it takes ends with it
    let taken = 0
    await refused('INVALID_RECORD', () => {
      for (; taken < 1000; taken++) log.append(misspelt)
    })
    assert.ok(taken < 100, `${taken} were taken`)
    await log.flush()
    assert.is(log.logEndOffset, 11 + taken)
  })
})

test('records: one that was read may be stored again', async () => {
  await onNewLog({}, async log => {
    await log.send([{key: 'k', value: 'v', headers: {h: ['1', '2']}, timestamp: 7}])
    const {value: record} = await log.reader()[Symbol.asyncIterator]().next()
    await log.send(record as RecordInput)
    log.append(record as RecordInput)
    await log.flush()
    const seen: unknown[] = []
    log
      .reader()
      .poll(record => seen.push([String(record.key), record.text(), record.timestamp, Object.keys(record.headers)]))
    assert.equal(seen, Array(3).fill(['k', 'v', 7, ['h']]))
  })
})

test('offsets: negative, fractional, unsafe and outside the log are refused wherever one is taken', async () => {
  await onNewLog({}, async log => {
    await log.send(['a', 'b', 'c'])
    await log.deleteRecordsBefore(1)
    const reader = log.reader()
    for (const from of [
      -1,
      0.5,
      Number.NaN,
      Infinity,
      2 ** 53,
      ...NONSENSE.filter(value => typeof value !== 'number'),
    ]) {
      await refused('INVALID_ARGUMENT', () => log.reader({from: from as number}))
      await refused('INVALID_ARGUMENT', () => reader.seek(from as number))
    }
    for (const from of [0, 4, Number.MAX_SAFE_INTEGER]) {
      await refused('OFFSET_OUT_OF_RANGE', () => log.reader({from}), `asked for offset ${from}, the log is [1, 3)`)
      await refused('OFFSET_OUT_OF_RANGE', () => reader.seek(from))
    }
    for (const wrong of [-1, 0.5, '5', null, undefined]) {
      await refused('INVALID_ARGUMENT', () => log.reader({from: {last: wrong as number}}), 'last is')
      if (wrong !== -1)
        await refused('INVALID_ARGUMENT', () => log.reader({from: {timestamp: wrong as number}}), 'timestamp is')
      if (wrong !== -1) await refused('INVALID_ARGUMENT', () => log.offsetForTimestamp(wrong as number), 'timestamp is')
      if (wrong !== -1) await refused('INVALID_ARGUMENT', () => log.deleteRecordsBefore(wrong as number), 'offset is')
    }
    await refused('INVALID_ARGUMENT', () => log.deleteRecordsBefore(-2))
    await refused('OFFSET_OUT_OF_RANGE', () => log.deleteRecordsBefore(4), '[1, 3)')
    assert.is(reader.position, 1)
    assert.is(log.logStartOffset, 1)
  })
})

test('arguments of every call: wrong types, and options nobody knows', async () => {
  await onNewLog({}, async log => {
    const reader = log.reader()
    const calls: readonly ((options: never) => unknown)[] = [
      options => log.send('x', options),
      options => log.flush(options),
      options => log.flushSync(options),
      options => log.drained(options),
      options => log.reader(options),
      options => reader.wait(options),
    ]
    for (const call of calls) {
      for (const options of [null, 5, 'synced', [], true])
        await refused('INVALID_ARGUMENT', () => call(options as never), 'are an object')
      await refused('INVALID_ARGUMENT', () => call({durabilty: 'synced'} as never), 'has no option durabilty')
    }
    for (const durability of [...NONSENSE, 'Synced'] as 'synced'[]) {
      await refused('INVALID_ARGUMENT', () => log.send('x', {durability}), "'written' or 'synced'")
      await refused('INVALID_ARGUMENT', () => log.flush({durability}), "'written' or 'synced'")
    }
    for (const level of [...NONSENSE, 'Synced'] as 'synced'[])
      await refused('INVALID_ARGUMENT', () => log.reader({level}), "'written' or 'synced'")
    for (const follow of NONSENSE.filter(value => value !== true) as boolean[])
      await refused('INVALID_ARGUMENT', () => log.reader({follow}), 'true or false')
    for (const signal of NONSENSE as AbortSignal[]) {
      await refused('INVALID_ARGUMENT', () => log.reader({signal}), 'AbortSignal')
      await refused('INVALID_ARGUMENT', () => log.drained({signal}), 'AbortSignal')
      await refused('INVALID_ARGUMENT', () => reader.wait({signal}), 'AbortSignal')
    }
    for (const timeoutMs of [-1, Number.NaN, '5', 5n, null] as number[])
      await refused('INVALID_ARGUMENT', () => log.flushSync({timeoutMs}), 'timeoutMs is')
    for (const max of [-1, Number.NaN, '5', 5n, null] as number[])
      await refused('INVALID_ARGUMENT', () => reader.poll(() => {}, max), 'max is')
    for (const handler of NONSENSE.filter(value => typeof value !== 'function'))
      await refused('INVALID_ARGUMENT', () => reader.poll(handler as () => void), 'handler')
    assert.is(log.logEndOffset, 0)
  })
})

test.run()
