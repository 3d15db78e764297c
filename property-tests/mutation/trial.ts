/** What a host is asked, and what it says. */

/** A test file, or one test of it, with what its environment says. */
export interface Trial {
  readonly test: string
  readonly only?: number
  readonly environment: Readonly<Record<string, string>>
}

/** What stands in the place of a compiled module. */
export interface Changed {
  readonly module: string
  readonly text: string
}

export interface Question {
  readonly trial: Trial
  readonly changed?: Changed
  /** Of processor time, so that a busy machine ends no trial. */
  readonly limitMs: number
  /** Whether it is to say what code was run. */
  readonly covers?: boolean
}

export interface Answer {
  /** What the first red test says; none: all are green. */
  readonly problem?: string
  /** How many tests the file has, whether or not all were run. */
  readonly tests: number
  readonly cpuMs: number
  /** Where it was to say so. */
  readonly ranges: readonly ModuleRanges[]
  readonly memoryBytes: number
}

/** Stretches of a module's text and whether they were run; inner ones say more than those around them. */
export interface ModuleRanges {
  readonly module: string
  readonly ranges: readonly (readonly [start: number, end: number, ran: boolean])[]
}

/** A host is killed with a signal that says why. */
export const ENDS = {
  SIGXCPU: 'ran on, in processor time',
  SIGTERM: 'waited for what never came',
  SIGHUP: 'took more and more memory',
} as const
