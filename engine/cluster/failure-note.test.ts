import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {interruptCopies} from '../memory/copy-bytes.ts'
import {FAILURE_NOTE_BYTES, FailureNote} from './failure-note.ts'

test('a note is read by the number it is about, and gives way to the next', () => {
  const memory = new SharedArrayBuffer(64 + FAILURE_NOTE_BYTES)
  const writer = new FailureNote(memory, 64)
  const reader = new FailureNote(memory, 64)
  assert.is(reader.readNote(56), undefined)
  writer.writeNote(56, 'ENOSPC: no space left, write — /daten/ä')
  assert.equal([reader.readNote(56), reader.readNote(2)], ['ENOSPC: no space left, write — /daten/ä', undefined])
  writer.writeNote(2, '')
  assert.equal([reader.readNote(56), reader.readNote(2)], [undefined, ''])
})

test('a long text is cut, and writes nowhere else', () => {
  const memory = new SharedArrayBuffer(FAILURE_NOTE_BYTES + 64)
  const note = new FailureNote(memory, 0)
  note.writeNote(7, 'x'.repeat(5000))
  assert.is(note.readNote(7), 'x'.repeat(1024))
  assert.ok(new Uint8Array(memory, FAILURE_NOTE_BYTES).every(byte => byte === 0))
})

test('a text that is being written is not read', () => {
  const memory = new SharedArrayBuffer(FAILURE_NOTE_BYTES)
  const [writer, reader] = [new FailureNote(memory, 0), new FailureNote(memory, 0)]
  writer.writeNote(7, 'one')
  const seen: unknown[] = []
  const look = (): void => {
    interruptCopies(undefined)
    seen.push(reader.readNote(7))
  }
  interruptCopies(look)
  writer.writeNote(7, 'two')
  assert.equal([seen, reader.readNote(7)], [[undefined], 'two'])
  // and one that was written anew while it was read is read again
  interruptCopies(() => {
    interruptCopies(undefined)
    writer.writeNote(7, 'three')
  })
  assert.is(reader.readNote(7), 'three')
})

test.run()
