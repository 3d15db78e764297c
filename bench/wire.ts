import {kafkaJars} from '../property-tests/kafka/kafka-jars.ts'
import type {Case, Context} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import type {Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Level} from './harness/row.ts'
import type {Scale} from './harness/scale.ts'
import {type Client, javaClient, nodeClient} from './wire/clients.ts'
import {ourServer, type Server, theirServer} from './wire/servers.ts'
import {type Load, paces, serverRound, startsUp} from './wire/subjects.ts'

const METHOD =
  'Apache Kafka’s own `ProducerPerformance` and `ConsumerPerformance`, and @platformatic/kafka in Node.js, with the same settings over TCP against a process with a cluster of one broker, and against a process with Apache Kafka 4.3.1 (where Maven has it), on the same two cores, one server at a time. ' +
  'One replica, `acks=1`. Each level of load has a topic of its own. The processor time is the server’s own, by the bytes of the records’ values; the memory is what is resident in the server’s process after all of that. The delay is what `ProducerPerformance` tells at 10 000 records/s. ' +
  'The start is that of a process on a dir that is new, to the first record a producer has been told of. Records are counted, every round; there are three of them (`--quick`: one, with the first and the last load).'

/** Over TCP, with clients that know nothing of us: acknowledged when in the page cache, as Kafka’s defaults have it. */
export const wire: Case = wireCase({
  name: 'wire',
  level: 'written',
  question: 'How does a broker of ours serve Kafka’s clients beside Apache Kafka itself?',
})

export const wireSynced: Case = wireCase({
  name: 'wire-synced',
  level: 'synced',
  question: 'The same, where each batch is synced before it is acknowledged (Apache Kafka’s `flush.messages=1`)?',
})

function wireCase({name, level, question}: {name: string; level: 'written' | 'synced'; question: string}): Case {
  return {
    name,
    question,
    method: METHOD,
    async run(context) {
      const jars = context.installPeers ? await kafkaJars() : {missing: 'not looked for'}
      const classPath = 'missing' in jars ? undefined : jars.classPath
      if ('missing' in jars) context.progress(`no Apache Kafka: ${jars.missing}`)
      const clients = [nodeClient, ...(classPath === undefined ? [] : [javaClient(classPath)])]
      const servers = [ourServer(level), ...(classPath === undefined ? [] : [theirServer(classPath, level)])]
      const subjects = servers.map(server => subjectOf(server, clients, {level, context}))
      return compare(
        {case: name, level: level satisfies Level},
        await measureRounds(subjects, {...context, scale: roundsOf(context.scale)}),
      )
    },
  }
}

function subjectOf(
  server: Server,
  clients: readonly Client[],
  {level, context}: {level: 'written' | 'synced'; context: Context},
): Subject {
  const loads = loadsOf(context, level)
  return {
    name: server.name,
    round: () =>
      context.scratch.use(async dir => {
        context.progress(server.name)
        const running = await server.start(dir)
        try {
          const measures = [startsUp(running)]
          for (const client of clients)
            for (const load of loads) measures.push(...(await serverRound(running, client, load)))
          const {perSecond, seconds} = context.scale.pick({
            full: {perSecond: 10_000, seconds: 10},
            quick: {perSecond: 10_000, seconds: 5},
            tiny: {perSecond: 100, seconds: 0.1},
          })
          for (const client of clients) measures.push(...(await paces(running, client, {perSecond, seconds})))
          measures.push(running.residentMiB())
          return measures
        } finally {
          await running.stop()
        }
      }),
  }
}

/** Each round starts its servers and clients anew, so that none warms up the next. */
function roundsOf(scale: Scale): Scale {
  return {...scale, warmsUp: false, rounds: scale.pick({full: 3, quick: 1, tiny: 1})}
}

/** Synced ones take longer by themselves. */
function loadsOf({scale}: Context, level: 'written' | 'synced'): readonly Load[] {
  const mib = scale.pick({full: level === 'written' ? 200 : 40, quick: level === 'written' ? 60 : 12, tiny: 0.01})
  const all = [
    {bytes: 100, partitions: 1},
    {bytes: 100, partitions: 8},
    {bytes: 1024, partitions: 1},
    {bytes: 1024, partitions: 8},
  ]
  const some = scale.pick({full: all, quick: [all[0]!, all[3]!], tiny: [all[1]!]})
  return some.map(load => ({...load, records: Math.ceil((mib * 1024 * 1024) / load.bytes)}))
}
