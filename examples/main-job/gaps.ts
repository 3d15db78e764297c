import type {Ack} from './producer-thread.ts'

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** By partition: the longest time without an acknowledgement that touches the span, whoever sent. */
export function longestGaps(acks: readonly Ack[], partitions: number, {fromMs, toMs}: Span): number[] {
  return Array.from({length: partitions}, (_, partition) => {
    const times = acks.filter(ack => ack.partition === partition).map(({ackedMs}) => ackedMs)
    return longestGap(
      times.sort((a, b) => a - b),
      {fromMs, toMs},
    )
  })
}

function longestGap(times: readonly number[], {fromMs, toMs}: Span): number {
  let longest = 0
  for (let i = 1; i < times.length; i++)
    if (times[i]! > fromMs && times[i - 1]! < toMs) longest = Math.max(longest, times[i]! - times[i - 1]!)
  return longest
}
