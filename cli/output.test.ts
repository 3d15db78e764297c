import {Writable} from 'node:stream'
import type {WriteStream} from 'node:tty'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Output} from './output.ts'
import {paintFor} from './paint.ts'
import {Progress} from './progress.ts'

function collector(fail?: string): {out: Writable; text: () => string} {
  let text = ''
  const out = new Writable({
    write(chunk, _, done) {
      if (fail !== undefined) return done(Object.assign(new Error(fail), {code: fail}))
      text += chunk.toString('latin1')
      return done()
    },
  })
  return {out, text: () => text}
}

test('text and bytes keep their order, and wait for the flush', async () => {
  const {out, text} = collector()
  const output = new Output(out)
  const bytes = Buffer.from([0xff, 10])
  output.line('one')
  output.bytes(bytes)
  bytes.fill(0)
  output.object({two: 2})
  assert.is(text(), '')
  assert.not(output.isFull)
  output.line('x'.repeat(70_000))
  assert.ok(output.isFull)
  await output.flush()
  assert.not(output.isFull)
  assert.ok(text().startsWith('one\n\u00ff\n{"two":2}\nxxx'))
})

test('a flush lets the event loop turn, so that signals are heard between writes that are taken at once', async () => {
  const output = new Output(collector().out)
  output.line('one')
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await output.flush()
  assert.ok(turned)
})

test('a reader that goes away is no error; a disk that is full is one', async () => {
  const closed = new Output(collector('EPIPE').out)
  closed.line('one')
  await closed.flush()
  assert.ok(closed.isClosed)
  closed.line('two')
  await closed.flush()
  const full = new Output(collector('ENOSPC').out)
  full.line('one')
  await full.flush().then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'ENOSPC'),
  )
})

/** A terminal, as far as colours and bars can tell. */
function terminal(isTTY: boolean): {out: WriteStream; text: () => string} {
  const {out, text} = collector()
  return {out: Object.assign(out, {isTTY, columns: 200, hasColors: () => true}) as unknown as WriteStream, text}
}

test('colours and bars are for terminals', () => {
  assert.is(paintFor(terminal(true).out).red('a'), '\u001b[31ma\u001b[39m')
  assert.is(paintFor(terminal(false).out).red('a'), 'a')
  const {TERM} = process.env
  process.env['TERM'] = 'xterm'
  const bar = terminal(true)
  const progress = new Progress('reading', 200, bar.out)
  progress.at(100)
  progress.at(150)
  progress.end()
  progress.end()
  const erase = '\r\u001b[K'
  assert.ok(bar.text().startsWith(`${erase}reading [${'#'.repeat(12)}${'.'.repeat(12)}] 50 % 100 B, `), bar.text())
  assert.ok(bar.text().endsWith(erase))
  const unknown = terminal(true)
  new Progress('importing', 0, unknown.out).at(5)
  assert.match(unknown.text(), /importing 5 B, /)
  for (const out of [terminal(false), terminal(true)]) {
    const silent = new Progress('reading', 200, out.out, {shows: !out.out.isTTY})
    silent.at(100)
    silent.end()
    assert.is(out.text(), '')
  }
  if (TERM === undefined) delete process.env['TERM']
  else process.env['TERM'] = TERM
})

test.run()
