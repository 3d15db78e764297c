import type {Operation, Outcome, Value} from './operation.ts'

/** A history in the making: what a program's own tests do to a log, noted down as they do it. */
export class History {
  readonly operations: Operation[] = []

  /**
   * Sends values to a partition by `send`, which resolves to the offset of the first, and notes what came of it. Where it rejects it is not
   * known whether they were stored, unless `hasFailed` says that the error is certain.
   */
  async send(
    process: Value,
    partition: string,
    values: readonly Value[],
    send: () => Promise<number | undefined>,
    hasFailed: (error: unknown) => boolean = () => false,
  ): Promise<Outcome> {
    const note = (outcome: Outcome, first?: number): Outcome => {
      const offsetOf = (i: number): number | undefined => (first === undefined ? undefined : first + i)
      const steps = values.map((value, i) => ({type: 'send', partition, value, offset: offsetOf(i)}) as const)
      this.operations.push({process, outcome, steps})
      return outcome
    }
    try {
      return note('ok', await send())
    } catch (error) {
      return note(hasFailed(error) ? 'fail' : 'info')
    }
  }

  /** Notes what a process has polled. `reassigned`: it begins at another place than where it was. */
  poll(
    process: Value,
    partition: string,
    records: readonly {readonly offset: number; readonly value: Value}[],
    options: {reassigned?: boolean} = {},
  ): void {
    const {reassigned} = options
    if (records.length > 0 || reassigned)
      this.operations.push({process, outcome: 'ok', steps: [{type: 'poll', partition, records}], reassigned})
  }
}
