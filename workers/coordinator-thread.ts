import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {Coordinator} from '../engine/coordinator/coordinator.ts'
import {ensureNamed} from '../engine/ensemble/coordinator-dirs.ts'
import {Ensemble} from '../engine/ensemble/ensemble.ts'
import {allocateMetadataArena, MetadataLog} from '../engine/ensemble/metadata-log.ts'
import {errorNumber} from '../engine/errors.ts'
import {runBlocking} from './blocking-loop.ts'
import {loadCrc32c} from './checksum.ts'
import {systemClock} from './clock.ts'
import type {CoordinatorData} from './cluster-data.ts'
import {ThreadMailbox} from './cluster-mail.ts'
import {nodeStorage} from './storage.ts'
import {threadStart} from './thread-start.ts'

/** How long a partition without a leader waits for the rest of its ISR, in sessions. */
const ELECTION_WAIT_SESSIONS = 3
/** How long a preferred leader has been back before it leads again. */
const IMBALANCE_MS = 5000

/** The thread of one coordinator. */
export function coordinatorThread(): void {
  const {data} = threadStart<CoordinatorData>()!
  const {id, config} = data
  const map = new ClusterMap(data.map)
  const line = map.coordinator(id)
  const mailbox = new ThreadMailbox(data.name, map, `coordinator-${id}`)
  const dir = {id, storage: nodeStorage, path: config.coordinatorDirs[id]!}
  ensureNamed(dir, config.clusterId)
  const log = MetadataLog.open({
    storage: nodeStorage,
    dir: dir.path,
    crc32c: loadCrc32c(),
    arena: allocateMetadataArena(),
    durability: config.durability,
    timeOfDayMs: () => Date.now(),
  })
  const ensemble = new Ensemble({
    id,
    incarnation: line.incarnation,
    map,
    mailbox,
    log,
    sessionTimeoutMs: config.sessionTimeoutMs,
    takeSnapshot: () => coordinator.image.snapshot(),
  })
  const coordinator: Coordinator = new Coordinator(id, map, ensemble, mailbox, {
    sessionTimeoutMs: config.sessionTimeoutMs,
    startId: config.startId,
    electionWaitMs: ELECTION_WAIT_SESSIONS * config.sessionTimeoutMs,
    leaderImbalanceCheckMs: IMBALANCE_MS,
    topicDefaults: {
      numPartitions: config.numPartitions,
      replicationFactor: config.replicationFactor,
      configs: config.topicDefaults,
    },
  })
  // whoever waits for the cluster to serve may be waiting for a log that is lost
  if (!ensemble.isIntact) line.failure.writeNote(errorNumber('LOG_DAMAGED'), `the metadata log in ${dir.path} is lost`)
  line.beat(systemClock.monotonicMs())
  line.publishState(THREAD.running)
  const agent = {
    doWork: () => coordinator.doWork(systemClock.monotonicMs()),
    dueInMs: () => coordinator.dueInMs(systemClock.monotonicMs()),
  }
  // it is asked to go by a word in the map, once every broker has closed
  runBlocking(agent, line.doorbell, {stopped: () => map.isOver, sleepMsMax: config.sessionTimeoutMs / 4})
  ensemble.close()
  line.publishState(THREAD.closed)
  mailbox.close()
  process.exit()
}
