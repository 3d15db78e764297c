import {Bench} from 'tinybench'
import type {Context} from '../harness/case.ts'
import {metricOf, type Result} from '../harness/measure.ts'
import {median, spread} from '../harness/statistics.ts'

/** A piece of code small enough for tinybench. */
export interface Piece {
  readonly subject: string
  readonly what: string
  /** How many of what the result counts one run does: single steps are too short for a clock. */
  readonly steps: number
  run(): void
}

const TIME_MS = {full: 300, quick: 20, tiny: 1}

/** Nanoseconds a step, by tinybench, in rounds as everything else. */
export async function measurePieces(pieces: readonly Piece[], {scale, quiet}: Context): Promise<Result[]> {
  const ns = pieces.map((): number[] => [])
  const time = scale.pick(TIME_MS)
  for (let round = 0; round < scale.rounds; round++) {
    await quiet.settle()
    const bench = new Bench({time, warmup: scale.warmsUp && round === 0, warmupTime: time, iterations: 1, throws: true})
    for (const piece of pieces) bench.add(metricOf({what: `${piece.subject}: ${piece.what}`, unit: 'ns'}), piece.run)
    await quiet.watch(() => bench.run())
    for (const [i, {result}] of bench.tasks.entries()) {
      if (result.state !== 'completed') throw new Error(`tinybench left ${bench.tasks[i]!.name} ${result.state}`)
      ns[i]!.push((result.latency.mean * 1e6) / pieces[i]!.steps)
    }
  }
  return pieces.map(({subject, what}, i) => ({
    subject,
    what,
    unit: 'ns',
    value: median(ns[i]!),
    spread: spread(ns[i]!),
  }))
}
