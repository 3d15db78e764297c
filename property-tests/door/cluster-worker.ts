/** What tests have a worker thread do with a cluster; `does` says which. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachCluster, type Cluster, type ClusterHandle, type OdradekError} from '../../index.ts'
import {payload} from './payload.ts'

interface Task {
  readonly does: keyof typeof TASKS
  readonly handle: ClusterHandle
  readonly topic: string
  readonly count: number
  readonly name: string
}

const {does, handle, topic, count, name} = workerData as Task

const TASKS = {
  /** Appends and sends in turn, obeys back-pressure, closes its door, and tells how many it sent. */
  async produce(cluster: Cluster): Promise<unknown> {
    const partition = await cluster.partition(topic)
    for (let i = 0; i < count; i++) {
      if (i % 100 === 99) await partition.send(payload(name, i))
      else if (!partition.append(payload(name, i))) await partition.drained()
    }
    await partition.close()
    return count
  },

  /** Reads until it has `count` records and tells them in order. */
  async read(cluster: Cluster): Promise<unknown> {
    const texts: string[] = []
    const partition = await cluster.partition(topic)
    for await (const records of partition.reader({follow: true}).batches()) {
      for (const record of records) texts.push(record.text())
      if (texts.length >= count) break
    }
    return texts
  },

  /** Tells the events it hears until a topic named `end` is made. */
  async watch(cluster: Cluster): Promise<unknown> {
    const events: unknown[] = []
    // nothing else keeps this thread up
    const keepUp = setInterval(() => {}, 1000)
    await new Promise<void>(resolve => {
      cluster.on('event', event => {
        events.push(event)
        if (event.type === 'topic.created' && event.topic === 'end') resolve()
      })
      parentPort!.postMessage('watches')
    })
    clearInterval(keepUp)
    return events
  },

  /** Waits for everything there is to wait for, and tells how each of that ended. */
  async wait(cluster: Cluster): Promise<unknown> {
    const partition = await cluster.partition(topic)
    const iterate = async (): Promise<void> => {
      for await (const _ of partition.reader({from: 'latest', follow: true}).batches());
    }
    const waits = [partition.reader({from: 'latest'}).wait(), iterate()]
    parentPort!.postMessage('waits')
    const ends = await Promise.allSettled(waits)
    const later = await Promise.allSettled([
      partition.send('late'),
      cluster.partition(topic),
      cluster.admin.listTopics(),
    ])
    return [...ends, ...later].map(end =>
      end.status === 'fulfilled' ? String(end.value) : (end.reason as OdradekError).code,
    )
  },
}

try {
  const cluster = await attachCluster(handle)
  const result = await TASKS[does](cluster)
  await cluster.close()
  parentPort!.postMessage(result)
} catch (error) {
  parentPort!.postMessage({code: (error as OdradekError).code, message: (error as Error).message})
}
