import {INT32_MAX} from '../limits.ts'
import {readText, replaceFile} from './files.ts'
import type {Storage} from './storage.ts'

/** A leader's reign: its epoch and the offset it started at. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

const FILE = 'leader-epoch-checkpoint'

/** Reads a partition's `leader-epoch-checkpoint`; missing, empty or unreadable gives none. */
export function readEpochs(storage: Storage, dir: string): EpochStart[] {
  const lines = (readText(storage, `${dir}/${FILE}`) ?? '').split('\n')
  if (lines[0] !== '0') return []
  const epochs: EpochStart[] = []
  for (const line of lines.slice(2, -1)) {
    const match = /^(\d+) (\d+)$/.exec(line)
    if (match === null) return []
    const next = {epoch: Number(match[1]), startOffset: Number(match[2])}
    // beyond these bounds an epoch would be stamped as another one
    if (next.epoch > INT32_MAX || !Number.isSafeInteger(next.startOffset)) return []
    const last = epochs.at(-1)
    if (last !== undefined && (next.epoch <= last.epoch || next.startOffset < last.startOffset)) return []
    epochs.push(next)
  }
  return epochs.length === Number(lines[1]) ? epochs : []
}

/** The epoch that `offset` was written in, -1 where that is not known. */
export function epochAt(epochs: readonly EpochStart[], offset: number): number {
  let epoch = -1
  for (const start of epochs) if (start.startOffset <= offset) epoch = start.epoch
  return epoch
}

export function writeEpochs(storage: Storage, dir: string, epochs: readonly EpochStart[]): void {
  const lines = epochs.map(({epoch, startOffset}) => `${epoch} ${startOffset}\n`)
  replaceFile(storage, `${dir}/${FILE}`, `0\n${epochs.length}\n${lines.join('')}`)
}
