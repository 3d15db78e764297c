const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export type Interrupt = (typeof SIGNALS)[number]

/** Hears Ctrl-C from now on, until what it returns is called; without it the system ends the process. */
export function onInterrupt(stop: (signal: Interrupt) => void): () => void {
  for (const signal of SIGNALS) process.once(signal, stop)
  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop)
  }
}
