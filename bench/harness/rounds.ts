import {type Measure, metricOf, type Result, type Subject} from './measure.ts'
import type {Quiet} from './quiet.ts'
import type {Scale} from './scale.ts'
import type {Scratch} from './scratch.ts'
import {median, spread} from './statistics.ts'
import {touchMemory} from './touch-memory.ts'

/**
 * Measures subjects in rounds that are interleaved, A B C A B C: a machine that slows down slows all of them. A round of
 * warm-up comes first and is thrown away; by its end every subject's code is compiled.
 */
export async function measureRounds(
  subjects: readonly Subject[],
  {scale, quiet, scratch}: {readonly scale: Scale; readonly quiet: Quiet; readonly scratch: Scratch},
): Promise<Result[]> {
  const rounds: Measure[][] = subjects.map(() => [])
  for (let round = scale.warmsUp ? -1 : 0; round < scale.rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      await quiet.settle()
      if (subject.fileBytes !== undefined) await touchMemory(scratch, subject.fileBytes)
      const measures = await quiet.watch(() => subject.round())
      if (round >= 0) rounds[i]!.push(...measures)
    }
  }
  return subjects.flatMap(({name}, i) => summarize(name, rounds[i]!))
}

function summarize(subject: string, measures: readonly Measure[]): Result[] {
  const byMetric = new Map<string, Measure[]>()
  for (const measure of measures) {
    const metric = metricOf(measure)
    byMetric.set(metric, [...(byMetric.get(metric) ?? []), measure])
  }
  return [...byMetric.values()].map(same => {
    const {what, unit} = same[0]!
    const values = same.map(({value}) => value)
    return {subject, what, unit, value: median(values), spread: spread(values)}
  })
}
