import {randomBytes} from 'node:crypto'
import {statfsSync} from 'node:fs'
import {setTimeout} from 'node:timers'
import {AssertionFailed} from '../engine/assert.ts'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {EVERY} from '../engine/cluster/mail.ts'
import type {ConnectionsSeen} from '../engine/coordinator/client-registry.ts'
import {errorNumber, storageError} from '../engine/errors.ts'
import {BROKER_SLOTS_MIN} from '../engine/limits.ts'
import {allocateInbox} from '../engine/memory/inbox.ts'
import {BrokerAgent} from './broker-agent.ts'
import type {BrokerWorld} from './broker-world.ts'
import {loadCrc32c} from './checksum.ts'
import {Cleaner} from './cleaner.ts'
import {systemClock} from './clock.ts'
import type {BrokerData, HostData} from './cluster-data.ts'
import {ThreadMailbox} from './cluster-mail.ts'
import {DiskFaults} from './disk-faults.ts'
import type {ListenFailed} from './listener/listen-order.ts'
import {Listener} from './listener/listener.ts'
import {RingWait} from './ring-wait.ts'
import {sleepHere} from './sleep-here.ts'
import {nodeStorage} from './storage.ts'
import {nativeThreadId, threadIsAlive} from './thread-id.ts'
import {startThread, threadStart} from './thread-start.ts'

/** The thread of one broker: an event loop, because threads it starts tell of their end there. */
export function brokerThread(): void {
  const {data} = threadStart<BrokerData>()!
  const {id, incarnation, config, entry} = data
  const map = new ClusterMap(data.map)
  const mailbox = new ThreadMailbox(data.name, map, `broker-${id}`)
  const now = (): number => systemClock.monotonicMs()
  const listener = new Listener({
    nowMs: now,
    ask(ask) {
      agent.ask(ask)
      turnSoon()
    },
    publishPort: port => map.broker(id).publishPort(port),
    failed: ({id: order, asker}, {message}) =>
      mailbox.send(asker, {type: 'listenFailed', order, broker: id, message} satisfies ListenFailed),
    connected: connections =>
      mailbox.send(EVERY.coordinator, {
        type: 'connectionsSeen',
        broker: id,
        incarnation,
        connections,
      } satisfies ConnectionsSeen),
  })
  const cleaner = new Cleaner(entry)
  const disk = new DiskFaults(nodeStorage, config.brokerDirs[id]!, sleepHere)
  const agent = openAgent(
    map,
    {
      id,
      incarnation,
      map,
      mailbox,
      storage: disk.storage,
      randomBytes,
      config,
      sleep: sleepHere,
      clean: (job, signal, done) => {
        cleaner.clean(job, signal).then(outcome => {
          done(outcome)
          turn()
        })
      },
      setDiskFaults: order => disk.set(order, -id),
      listen: order => listener.obey(order),
      roomOf: path => {
        const {blocks, bsize, bavail} = statfsSync(path)
        return {totalBytes: blocks * bsize, usableBytes: bavail * bsize}
      },
      groups: {
        // loaded by the first broker that reads what groups have committed
        get crc32c() {
          return loadCrc32c()
        },
        arenas: data.arenas,
        wallMs: systemClock.wallMs,
        claimPlace: () => claimPlace(map),
        allocateInbox: slots => allocateInbox(Math.max(BROKER_SLOTS_MIN, slots)),
        threadIsAlive,
      },
      starter: {
        start(host, hostIncarnation) {
          const hostData: HostData = {...data, number: host, incarnation: hostIncarnation}
          const worker = startThread(entry, {role: 'host', data: hostData, name: `odradek-host ${host}`})
          // what ended it is told by its end
          let crashed = false
          worker.on('error', () => {
            crashed = true
          })
          // it listens: it is told what waits for it
          worker.on('message', () => turn())
          worker.on('exit', () => {
            agent.hostEnded(host, now(), crashed)
            turn()
          })
        },
      },
    },
    now(),
  )
  let timer: NodeJS.Timeout | undefined
  const rings = new RingWait(map.threads, () => turn())
  const turn = (): void => {
    clearTimeout(timer)
    let rounds = 0
    do rings.read(agent.ringPlace)
    while (agent.doWork(now()) > 0 && ++rounds < ROUNDS_MAX)
    if (agent.isClosed) process.exit()
    rings.arm(agent.ringPlace)
    timer = setTimeout(turn, rounds === ROUNDS_MAX ? 0 : agent.dueInMs(now()))
  }
  let isSoon = false
  /** What all sockets bring in one go is one turn. */
  const turnSoon = (): void => {
    if (isSoon) return
    isSoon = true
    setImmediate(() => {
      isSoon = false
      turn()
    })
  }
  mailbox.onLetters(turn)
  listener.obey(data.listen)
  turn()
}

function claimPlace(map: ClusterMap): number {
  const place = map.threads.claim(nativeThreadId())
  if (place >= 0) return place
  map.threads.sweep(threadIsAlive)
  const swept = map.threads.claim(nativeThreadId())
  if (swept < 0 && !isWarned) {
    isWarned = true
    process.emitWarning('a broker cannot coordinate groups: as many threads use the cluster as there are places', {
      code: 'ODRADEK_NO_PLACE',
    })
  }
  return swept
}

/** Whoever asks for the groups meanwhile is told to come again. */
let isWarned = false

/** Rounds before the event loop has its turn. */
const ROUNDS_MAX = 16

/** What keeps a broker from opening its dir is noted where metrics find it. */
function openAgent(map: ClusterMap, world: BrokerWorld, nowMs: number): BrokerAgent {
  const {failure} = map.broker(world.id)
  try {
    const agent = new BrokerAgent(world, nowMs)
    failure.writeNote(0, '')
    return agent
  } catch (error) {
    if (error instanceof AssertionFailed) throw error
    const problem = storageError(error, 'opening the dir of a broker')
    failure.writeNote(errorNumber(problem.code), problem.message.slice(problem.code.length + 2))
    throw problem
  }
}
