/** Things to be done at planned times. */
export interface Pace {
  readonly perSecond: number
  readonly count: number
}

/**
 * Calls `give` at planned times, with the number and its planned time, in ns of `process.hrtime`. A time that is missed is not moved: what is
 * late is late by as much. Never waits for a timer, whose grain is coarser than the times that are planned: it looks at the clock once a turn
 * of the event loop.
 */
export function pace({perSecond, count}: Pace, give: (i: number, plannedNs: number) => void): Promise<void> {
  const startNs = Number(process.hrtime.bigint()) + 1e6
  const everyNs = 1e9 / perSecond
  let given = 0
  return new Promise(resolve => {
    // no promise a turn: collecting them would stop the sender hundreds of times a second
    const turn = (): void => {
      const nowNs = Number(process.hrtime.bigint())
      for (; given < count && startNs + given * everyNs <= nowNs; given++) give(given, startNs + given * everyNs)
      if (given < count) setImmediate(turn)
      else resolve()
    }
    turn()
  })
}
