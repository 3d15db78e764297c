import type {WireResponse} from '../wire/apis.ts'
import type {Handler} from './handler.ts'

type Topic = WireResponse<'DescribeLogDirs'>['results'][number]['topics'][number]

/** How much this broker has on its disk. */
export const describeLogDirs: Handler<'DescribeLogDirs'> = ({desk}, {topics: asked}, answer) => {
  const {image, map, nodeId} = desk.admin
  const {path, totalBytes, usableBytes} = desk.admin.logDir()
  const wanted = asked === null ? undefined : new Map(asked.map(each => [each.topic, new Set(each.partitions)]))
  const topics: Topic[] = []
  for (const {name, partitions} of image.topics) {
    const indexes = wanted?.get(name)
    if (wanted !== undefined && indexes === undefined) continue
    const here = partitions.flatMap(({row, slots}, partitionIndex) => {
      const slot = slots.indexOf(nodeId)
      if (slot < 0 || indexes?.has(partitionIndex) === false) return []
      const line = map.row(row).replica(slot)
      const offsetLag = Math.max(0, line.highWatermark - line.writtenEnd)
      return {partitionIndex, partitionSize: line.counters().sizeBytes, offsetLag, isFutureKey: false}
    })
    if (here.length > 0) topics.push({name, partitions: here})
  }
  answer({results: [{errorCode: 'NONE', logDir: path, topics, totalBytes, usableBytes}]})
}
