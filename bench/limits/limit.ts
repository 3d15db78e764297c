import {performance} from 'node:perf_hooks'
import {build, type Histogram} from 'hdr-histogram-js'
import type {Measure, Subject} from '../harness/measure.ts'

/** What bounds every program here. It is the machine's, and Node's, not ours. */
export const MACHINE = 'machine'

export function limit(round: Subject['round']): Subject {
  return {name: MACHINE, round}
}

/** Nanoseconds that one of `count` turns of `work` takes; `work` does them all, so that no call stands in the loop. */
export function nsEach(what: string, count: number, work: (count: number) => void): Measure {
  const startMs = performance.now()
  work(count)
  return {what, unit: 'ns', value: ((performance.now() - startMs) * 1e6) / count}
}

export function gbPerSecond(what: string, bytes: number, work: () => void): Measure {
  const startMs = performance.now()
  work()
  return {what, unit: 'GB/s', value: bytes / (performance.now() - startMs) / 1e6}
}

/** Times that vary, of which the median alone would tell half. */
export class Latencies {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1e10,
    numberOfSignificantValueDigits: 3,
  })

  /** Records the time since `startNs`. */
  since(startNs: bigint): void {
    this.#histogram.recordValue(Number(process.hrtime.bigint() - startNs))
  }

  /** The same by a time as a number: exact to a microsecond for a hundred days after the machine was started. */
  sinceNumber(startNs: number): void {
    this.#histogram.recordValue(Math.max(0, Number(process.hrtime.bigint()) - startNs))
  }

  /** The median and the 99th percentile, in µs. */
  percentiles(): [p50: number, p99: number] {
    return [this.#histogram.getValueAtPercentile(50) / 1000, this.#histogram.getValueAtPercentile(99) / 1000]
  }

  measures(what: string): Measure[] {
    const [p50, p99] = this.percentiles()
    return [
      {what: `${what}, p50`, unit: 'µs', value: p50},
      {what: `${what}, p99`, unit: 'µs', value: p99},
    ]
  }
}
