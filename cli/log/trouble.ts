import type {Step} from '../../engine/view/batch-cursor.ts'

type Trouble = Extract<Step, {kind: 'damage' | 'gap'}>

/** What stood in the way of reading on, in words. */
export function troubleText(step: Trouble): string {
  if (step.kind === 'gap') return `${offsets(step.from, step.to)} ${GAPS[step.why]}`
  const {range, baseOffset} = step
  const {position, length, offset, nextOffset, why} = range
  const missing = nextOffset === undefined ? `from offset ${offset} on` : offsets(offset, nextOffset)
  return `segment ${baseOffset} is damaged at byte ${position} (${length} bytes, ${missing}): ${why}`
}

/** What retention or a failed write took is gone rightly. */
export function isLoss(step: Trouble): boolean {
  return step.kind === 'damage' || step.why === 'missing'
}

const GAPS = {
  deleted: 'were deleted before they were read',
  missing: 'are missing between two segments',
  withdrawn: 'were taken back: their write failed, nobody was told that they are stored',
} as const

/** Those from `from` on and below `to`, in words. */
export function offsets(from: number, to: number): string {
  return to === from + 1 ? `offset ${from}` : `offsets ${from} to ${to - 1}`
}
