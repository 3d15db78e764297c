import type {CleanedGroup} from './clean-job.ts'
import {syncDirectory} from './files.ts'
import {ENDING, type Ending, offsetOfFile, SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'

/** Removes what a job made, or began to make. */
export function removeCleaned(storage: Storage, dir: string): void {
  for (const {path} of filesWith(ENDING.cleaned, storage, dir)) storage.remove(path)
}

/**
 * Removes what jobs made that came to nothing, and no group of this one has the name of: it would count as one that is still in the making, and
 * everything behind it with it.
 */
export function removeOtherCleaned(storage: Storage, dir: string, groups: readonly CleanedGroup[]): void {
  const own = new Set(groups.map(({bases}) => bases[0]))
  const others = filesWith(ENDING.cleaned, storage, dir).filter(({base}) => !own.has(base))
  for (const {path} of others) storage.remove(path)
  // they may not come back beside names that this is followed by
  if (others.length > 0) syncDirectory(storage, dir)
}

/** Whether all that a job says to have made is there, and as large as it says. */
export function isWhole(storage: Storage, dir: string, groups: readonly CleanedGroup[]): boolean {
  return groups.every(({bases, size, indexBytes, timeIndexBytes}) =>
    (
      [
        [SUFFIX.log, size],
        [SUFFIX.index, indexBytes],
        [SUFFIX.timeIndex, timeIndexBytes],
      ] as const
    ).every(([suffix, bytes]) => storage.stat(segmentFile(dir, bases[0]!, suffix) + ENDING.cleaned)?.size === bytes),
  )
}

/** The files of segments that have an ending behind their names; what else ends so is nobody's here. */
export function filesWith(ending: Ending, storage: Storage, dir: string): {path: string; base: number}[] {
  return (storage.list(dir) ?? []).flatMap(({name, directory}) => {
    if (directory || !name.endsWith(ending)) return []
    const plain = name.slice(0, -ending.length)
    const base = Object.values(SUFFIX)
      .map(suffix => offsetOfFile(plain, suffix))
      .find(offset => offset !== undefined)
    return base === undefined ? [] : [{path: `${dir}/${name}`, base}]
  })
}
