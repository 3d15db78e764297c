/** Small programs with a cluster that tests run in a process of their own: `node cluster-programs.js NAME DIR`. */
import {attachCluster, type OdradekError, openCluster} from '../../index.ts'
import {payload} from './payload.ts'

type Program = (dir: string) => Promise<void>

const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code ?? error.message,
  )

async function tell(promises: readonly Promise<unknown>[]): Promise<void> {
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(promises.map(outcomeOf))) counts[outcome] = (counts[outcome] ?? 0) + 1
  console.log(JSON.stringify(counts))
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  /** Makes, changes and fills topics, says so, and stays until it is killed. */
  async 'fill and stay'(dir) {
    const cluster = await openCluster({dir, brokers: 2})
    await cluster.admin.createTopics([
      {name: 'kept', numPartitions: 2, configs: {'retention.ms': 77_000}},
      {name: 'gone', numPartitions: 1},
    ])
    for (const number of [0, 1]) await (await cluster.partition('kept', number)).send(payload(`p${number}`, 0))
    await (await cluster.partition('gone')).send('x')
    await cluster.admin.deleteTopics(['gone'])
    await cluster.admin.createPartitions('kept', 3)
    await cluster.admin.deleteRecords('kept', 1, 1)
    console.log('filled')
    setInterval(() => {}, 1000)
  },

  /** Ends at the moment it is told that records are deleted. */
  async 'delete and die'(dir) {
    const cluster = await openCluster({dir, brokers: 2})
    await cluster.admin.createTopics([{name: 't', numPartitions: 2}])
    for (const number of [0, 1]) await (await cluster.partition('t', number)).send(['a', 'b', 'c'])
    await Promise.all([0, 1].map(number => cluster.admin.deleteRecords('t', number, 2)))
    process.kill(process.pid, 'SIGKILL')
  },

  async 'send and die'(dir) {
    const cluster = await openCluster({dir, brokers: 3})
    await cluster.admin.createTopics([{name: 't', numPartitions: 4}]).catch(() => {})
    for (let number = 0; number < 4; number++) await (await cluster.partition('t', number)).send(['a', 'b', 'c'])
    process.kill(process.pid, 'SIGKILL')
  },

  async 'sends, then close'() {
    const cluster = await openCluster({brokers: 2})
    const partition = await cluster.partition('t')
    const attached = await attachCluster(cluster.handle)
    const there = await attached.partition('t')
    const sends = Array.from({length: 1000}, (_, i) => (i % 4 === 0 ? there : partition).send(payload('s', i)))
    const waits = [partition.reader({from: 'latest'}).wait(), there.reader({from: 'latest'}).wait()]
    const admin = [cluster.admin.listTopics(), cluster.admin.createTopics([{name: 'late'}]), cluster.partition('t')]
    const closes = [cluster.close(), cluster.close()]
    await tell([...sends, ...waits, ...admin, ...closes, attached.close()])
  },

  /** Neither closes nor waits: the program is over when what was sent is. */
  async 'sends, then the end'() {
    const cluster = await openCluster()
    const partition = await cluster.partition('t')
    await tell(Array.from({length: 100}, (_, i) => partition.send(payload('s', i))))
    partition.reader({from: 'latest'})
    partition.append('left to the end of the turn')
  },
}

await PROGRAMS[process.argv[2]!]!(process.argv[3]!)
