import {ArenaReader, ArenaWriter, allocateArena} from '../../../engine/memory/arena.ts'
import {allocateInbox} from '../../../engine/memory/inbox.ts'
import {BATCH_BYTES} from './shape.ts'

const INBOX_SLOTS = 8

/** Shared memory puts no pressure on the collector, so that of one simulation is used again in the next. */
export class MemoryPool {
  #arenas: SharedArrayBuffer[] = []
  #metadataArenas: SharedArrayBuffer[] = []
  #inboxes: SharedArrayBuffer[] = []

  /** `wanted`: somebody has asked for it before there was anything in it. */
  arena(wanted: boolean): SharedArrayBuffer {
    const memory = this.#arenas.pop() ?? allocateArena({windows: 2, windowBytes: 4 * BATCH_BYTES, indexEntries: 64})
    const writer = new ArenaWriter(memory)
    writer.clear()
    writer.takeWanted()
    if (wanted) new ArenaReader(memory).want()
    return memory
  }

  metadataArena(): SharedArrayBuffer {
    return this.#metadataArenas.pop() ?? allocateArena({windows: 1, windowBytes: 1 << 20, indexEntries: 1})
  }

  inbox(): SharedArrayBuffer {
    return this.#inboxes.pop() ?? allocateInbox(INBOX_SLOTS)
  }

  give(arenas: readonly SharedArrayBuffer[], metadataArenas: readonly SharedArrayBuffer[]): void {
    this.#arenas.push(...arenas)
    this.#metadataArenas.push(...metadataArenas)
  }

  giveInboxes(inboxes: readonly SharedArrayBuffer[]): void {
    this.#inboxes.push(...inboxes)
  }
}
