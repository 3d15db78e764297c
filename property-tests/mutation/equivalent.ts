/**
 * Mutants that no test can notice, because what they do is the same: they count for nothing. Each stands here as it is listed by
 * `npm run test:mutants`, with the reason; one that is not there any more is told of.
 */
import type {Mutation} from './mutations.ts'

interface Equivalents {
  readonly why: string
  /** Module below engine/, the line as it is, and as the mutant has it. */
  readonly mutants: readonly (readonly [module: string, before: string, after: string])[]
}

const EQUIVALENTS: readonly Equivalents[] = [
  {
    why: 'a quick way is left, and the slower one behind it finds the same',
    mutants: [
      [
        'bytes/crc32c',
        'const sliced = bytes.length - (bytes.length % 8);',
        'const sliced = bytes.length - (bytes.length * 8);',
      ],
      [
        'bytes/varint',
        'return value === (value | 0) ? varintSize(value) : longVarlongSize(value);',
        'return value === (value & 0) ? varintSize(value) : longVarlongSize(value);',
      ],
      [
        'bytes/varint',
        'return value === (value | 0) ? varintSize(value) : longVarlongSize(value);',
        'return value === (value | 1) ? varintSize(value) : longVarlongSize(value);',
      ],
      [
        'bytes/varint',
        'return value === (value | 0) ? writeVarint(target, at, value) : writeLongVarlong(target, at, value);',
        'return value === (value & 0) ? writeVarint(target, at, value) : writeLongVarlong(target, at, value);',
      ],
      [
        'bytes/varint',
        'return value === (value | 0) ? writeVarint(target, at, value) : writeLongVarlong(target, at, value);',
        'return value === (value | 1) ? writeVarint(target, at, value) : writeLongVarlong(target, at, value);',
      ],
      ['replica/follower', 'if (end >= limit)', 'if (end > limit)'],
      ['log/timestamp-lookup', 'if (next !== undefined && next <= start)', 'if (next === undefined && next <= start)'],
      ['log/timestamp-lookup', 'if (next !== undefined && next <= start)', 'if (next !== undefined && next < start)'],
      ['record/batch-builder', 'const FRAMING_MAX = 29;', 'const FRAMING_MAX = 30;'],
      [
        'log/load-log',
        'if (from !== undefined && from.position >= 0 && from.position < file.size()) {',
        'if (from !== undefined && from.position > 0 && from.position < file.size()) {',
      ],
      [
        'log/log-reader',
        'if (following === undefined && next < place.file.size())',
        'if (following !== undefined && next < place.file.size())',
      ],
      [
        'record/batch-builder',
        'if (exactKey === (key?.length ?? -1) && exactValue === (value?.length ?? -1))',
        'if (exactKey === (key?.length ?? -1) && exactValue === (value?.length ?? -2))',
      ],
      [
        'log/load-log',
        'if (from !== undefined && from.position >= 0 && from.position < file.size()) {',
        'if (from !== undefined && from.position >= 1 && from.position < file.size()) {',
      ],
      ['record/batch-builder', 'const SHORT_STRING = 24;', 'const SHORT_STRING = 25;'],
      ['record/batch-builder', 'const UTF8_BYTES_MAX = 3;', 'const UTF8_BYTES_MAX = 4;'],
    ],
  },
  {
    why: 'only numbers beyond an int32 come there, so the bounds next to 0 are alike',
    mutants: [
      [
        'bytes/varint',
        'let magnitude = value < 0 ? -(value + 1) : value;',
        'let magnitude = value < 1 ? -(value + 1) : value;',
      ],
      [
        'bytes/varint',
        'let magnitude = value < 0 ? -(value + 1) : value;',
        'let magnitude = value <= 0 ? -(value + 1) : value;',
      ],

      ['bytes/varint', 'const negative = value < 0;', 'const negative = value <= 0;'],
      ['bytes/varint', 'const negative = value < 0;', 'const negative = value < 1;'],
    ],
  },
  {
    why: 'the highest bit of n is that of n ^ 2n, too: the size is the same',
    mutants: [
      [
        'bytes/varint',
        'const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;',
        'const zigzag = ((value << 1) ^ (value >> 32)) >>> 0;',
      ],
    ],
  },
  {
    why: 'the shift grows by 7 and the scale by 128: no value of theirs lies between the two bounds',
    mutants: [
      ['bytes/varint', 'if (shift > 28 || at >= this.end)', 'if (shift > 29 || at >= this.end)'],
      ['bytes/varint', 'const MAX_SCALE = 2 ** 62;', 'const MAX_SCALE = 2 ** 63;'],
    ],
  },
  {
    why: 'a flag: any number but 0 says yes',
    mutants: [
      ['memory/arena', 'Atomics.store(this.#head, WANTED, 1);', 'Atomics.store(this.#head, WANTED, 2);'],
      ['memory/doorbell', 'Atomics.store(this.#words, SLEEPING, 1);', 'Atomics.store(this.#words, SLEEPING, 2);'],
      [
        'memory/flush-order',
        'Atomics.store(this.#words, ORDER.low.up, 1);',
        'Atomics.store(this.#words, ORDER.low.up, 2);',
      ],
      [
        'memory/inbox',
        "Atomics.store(ints, this.#memory.low(slot, 'done'), 1);",
        "Atomics.store(ints, this.#memory.low(slot, 'done'), 2);",
      ],
    ],
  },
  {
    why: 'none: any number below 0 says so',
    mutants: [
      ['memory/arena', '#window = -1;', '#window = -2;'],
      ['memory/arena', 'let found = -1;', 'let found = -2;'],
      ['memory/arena', 'let foundFirst = -1;', 'let foundFirst = -2;'],
      ['memory/arena', 'this.#window = -1;', 'this.#window = -2;'],
    ],
  },
  {
    why: 'what a field begins with is set anew before it is read',
    mutants: [
      ['memory/arena', '#indexCount = 0;', '#indexCount = 1;'],
      ['memory/arena', '#indexPublished = 0;', '#indexPublished = 1;'],
      ['memory/arena', '#generation = 0;', '#generation = 1;'],
      ['memory/arena', '#at = 0;', '#at = 1;'],
      ['memory/arena', 'let foundGeneration = 0;', 'let foundGeneration = 1;'],
      ['record/batch-builder', '#nowDelta = 0;', '#nowDelta = 1;'],
      ['log/staged-run', 'at = 0;', 'at = 1;'],
      ['log/log-reader', 'nextOffset = -1;', 'nextOffset = -2;'],
      ['record/record-walker', 'offset = 0;', 'offset = 1;'],
      ['replica/reign', '#epochStart = 0;', '#epochStart = 1;'],
    ],
  },
  {
    why: 'no two windows that show something begin with the same offset',
    mutants: [
      ['memory/arena', 'if (first <= offset && first > foundFirst) {', 'if (first <= offset && first >= foundFirst) {'],
    ],
  },
  {
    why: 'it looks once more where there is nothing left to find',
    mutants: [
      [
        'memory/inbox',
        'for (let tried = 0; tried < slots + wanted; tried++) {',
        'for (let tried = 0; tried <= slots + wanted; tried++) {',
      ],
      ['log/log-reader', 'let high = bases.length - 1;', 'let high = bases.length + 1;'],
      [
        'log/find-intact',
        'for (let at = 0; at + BATCH.records <= length; at++) {',
        'for (let at = 0; at - BATCH.records <= length; at++) {',
      ],
    ],
  },
  {
    why: 'the last number of a list of kinds is another one, and still no other kind’s',
    mutants: [
      [
        'memory/inbox',
        'export const REQUEST = { append: 0, flush: 1, sync: 2, deleteRecords: 3, close: 4 };',
        'export const REQUEST = { append: 0, flush: 1, sync: 2, deleteRecords: 3, close: 5 };',
      ],
    ],
  },
  {
    why: 'a view on a word more, which nobody looks at',
    mutants: [
      [
        'memory/waiter-mask',
        'this.#halves = new Int32Array(memory, byteOffset, 2);',
        'this.#halves = new Int32Array(memory, byteOffset, 3);',
      ],
    ],
  },
  {
    why: 'how much is read at a time changes nothing of what is found; at a file’s end a read gives what there is',
    mutants: [
      [
        'log/scan-segment',
        'const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position);',
        'const length = file.read(bytes, 0, Math.min(bytes.length, size + position), position);',
      ],
      [
        'log/scan-segment',
        'let window = { bytes: new Uint8Array(Math.min(CHUNK_BYTES, size - position)), start: 0, length: 0 };',
        'let window = { bytes: new Uint8Array(Math.max(CHUNK_BYTES, size - position)), start: 0, length: 0 };',
      ],
      [
        'log/scan-segment',
        'const have = window.start + window.length - position;',
        'const have = window.start - window.length - position;',
      ],
      ['log/find-intact', 'export const CHUNK_BYTES = 1024 * 1024;', 'export const CHUNK_BYTES = 1025 * 1024;'],
      ['log/find-intact', 'export const CHUNK_BYTES = 1024 * 1024;', 'export const CHUNK_BYTES = 1024 * 1025;'],
      ['log/recover-producers', 'const HEADERS_BYTES = 16 * 1024;', 'const HEADERS_BYTES = 17 * 1024;'],
      ['log/recover-producers', 'const HEADERS_BYTES = 16 * 1024;', 'const HEADERS_BYTES = 16 * 1025;'],
    ],
  },
  {
    why: 'with 40 bytes of content a record takes 59 beside its length at most, and below 64 that takes one byte',
    mutants: [['record/batch-builder', 'return content < 40 ? 1 : 0;', 'return content < 41 ? 1 : 0;']],
  },
  {
    why: 'moving on by 0 is staying',
    mutants: [['record/record-walker', 'if (keyLength > 0)', 'if (keyLength >= 0)']],
  },
  {
    why: 'room for a byte more than is written, or for more to come, is there a little earlier',
    mutants: [
      ['bytes/byte-writer', 'const SIZE_MIN = 256;', 'const SIZE_MIN = 257;'],
      ['log/offset-map', 'if (end > this.#keys.length)', 'if (end >= this.#keys.length)'],
      ['bytes/byte-writer', 'this.#room(1);', 'this.#room(2);'],
      ['bytes/byte-writer', 'this.#room(2);', 'this.#room(3);'],
      ['bytes/byte-writer', 'this.#room(4);', 'this.#room(5);'],
      ['bytes/byte-writer', 'this.#room(8);', 'this.#room(9);'],
      ['bytes/byte-writer', 'this.#room(5);', 'this.#room(6);'],
      [
        'bytes/byte-writer',
        'const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#bytes.length));',
        'const grown = Buffer.allocUnsafe(Math.max(wanted, 3 * this.#bytes.length));',
      ],
    ],
  },
  {
    why: 'nothing that was shown ends at its first byte, and no batch behind a gap ends with offset 0',
    mutants: [
      [
        'log/log-reader',
        'let copied = this.#arenaUsed >= 0 && offset === this.nextOffset ? arena.readOn(this.#arenaUsed, this.bytes) : 0;',
        'let copied = this.#arenaUsed > 0 && offset === this.nextOffset ? arena.readOn(this.#arenaUsed, this.bytes) : 0;',
      ],
      [
        'log/scan-segment',
        'return lastOffset(view, at) < (endOffset ?? (mayEndBehindGap ? Infinity : 0)) ? undefined : why;',
        'return lastOffset(view, at) < (endOffset ?? (mayEndBehindGap ? Infinity : 1)) ? undefined : why;',
      ],
    ],
  },
  {
    why: 'the time index enters greater times only: the offset of one that it has is not asked for again',
    mutants: [
      [
        'log/segment',
        'if (state.largestTimestamp > this.largestTimestamp) {',
        'if (state.largestTimestamp >= this.largestTimestamp) {',
      ],
    ],
  },
  {
    why: 'an end counts with the epoch of the reign only, and no reign has none',
    mutants: [
      [
        'replica/other-replicas',
        'return line.followedEpoch === epoch ? { epoch, end } : { epoch: NO_EPOCH, end: 0 };',
        'return line.followedEpoch === epoch ? { epoch, end } : { epoch: NO_EPOCH, end: 1 };',
      ],
    ],
  },
  {
    why: 'what was proposed for no leadership counts under none',
    mutants: [
      [
        'replica/reign',
        '#proposed = { word: 0n, isr: 0, any: 0, againMs: 0 };',
        '#proposed = { word: 0n, isr: 1, any: 0, againMs: 0 };',
      ],
      [
        'replica/reign',
        '#proposed = { word: 0n, isr: 0, any: 0, againMs: 0 };',
        '#proposed = { word: 0n, isr: 0, any: 1, againMs: 0 };',
      ],
      [
        'replica/reign',
        '#proposed = { word: 0n, isr: 0, any: 0, againMs: 0 };',
        '#proposed = { word: 0n, isr: 0, any: 0, againMs: 1 };',
      ],
    ],
  },
  {
    why: 'the head of a frame that we read has 2 bytes or 10: whole words, or two bytes more',
    mutants: [['bytes/lz4', 'for (; at + 4 <= bytes.length; at += 4) {', 'for (; at + 5 <= bytes.length; at += 4) {']],
  },
  {
    why: 'any work is reason for another round',
    mutants: [['replica/following', 'return 1;', 'return 2;']],
  },
  {
    why: 'a file is cut to the size it has',
    mutants: [['log/index-file', 'if (size !== this.#stored * entryBytes)', 'if (size !== this.#stored / entryBytes)']],
  },
]

const known = new Map(
  EQUIVALENTS.flatMap(({mutants}) =>
    mutants.map(([module, before, after]) => [keyOf(`engine/${module}.js`, {before, after}), module]),
  ),
)

function keyOf(module: string, {before, after}: Pick<Mutation, 'before' | 'after'>): string {
  return JSON.stringify([module, before, after])
}

export function isEquivalent(module: string, mutation: Mutation): boolean {
  return known.has(keyOf(module, mutation))
}

/** Equivalents that are in none of the modules' mutations any more. */
export function goneFrom(mutations: readonly {readonly module: string; readonly mutation: Mutation}[]): string[] {
  const there = new Set(mutations.map(({module, mutation}) => keyOf(module, mutation)))
  const modules = new Set(mutations.map(({module}) => module))
  return [...known].filter(([key, module]) => modules.has(`engine/${module}.js`) && !there.has(key)).map(([key]) => key)
}
