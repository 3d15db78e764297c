import {randomBytes, randomUUID} from 'node:crypto'
import fs from 'node:fs'
import {BrokerCalls} from '../client/broker-calls.ts'
import {Cluster, type ClusterHome} from '../client/cluster.ts'
import type {ClusterHandle} from '../client/cluster-handle.ts'
import {ClusterLink} from '../client/cluster-link.ts'
import {type ClusterOptions, type ResolvedClusterOptions, resolveClusterOptions} from '../client/cluster-options.ts'
import {Parking} from '../client/parking.ts'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Letter} from '../engine/cluster/mail.ts'
import type {Results} from '../engine/coordinator/requests.ts'
import {refuseTopicConfigs, topicSettings} from '../engine/coordinator/topic-configs.ts'
import {prepareCoordinators} from '../engine/ensemble/coordinator-dirs.ts'
import {forceAgreement} from '../engine/ensemble/force-agreement.ts'
import {allocateMetadataArena} from '../engine/ensemble/metadata-log.ts'
import {errorNumber, OdradekError, storageError} from '../engine/errors.ts'
import {SLOTS_MIN, WINDOW_BYTES, WINDOW_INDEX_ENTRIES, WINDOWS} from '../engine/limits.ts'
import {DataDir} from '../engine/log/data-dir.ts'
import {allocateArena} from '../engine/memory/arena.ts'
import {allocateInbox} from '../engine/memory/inbox.ts'
import {loadCrc32c} from '../workers/checksum.ts'
import {systemClock} from '../workers/clock.ts'
import type {ClusterConfig} from '../workers/cluster-config.ts'
import {ThreadMailbox} from '../workers/cluster-mail.ts'
import {DirLock} from '../workers/dir-lock.ts'
import {keepAlive} from '../workers/keep-alive.ts'
import {makeDirectory} from '../workers/make-directory.ts'
import {openFilesMax} from '../workers/open-files-max.ts'
import {resolveDir} from '../workers/resolve-dir.ts'
import {nodeStorage} from '../workers/storage.ts'
import {SupervisorHost} from '../workers/supervisor-host.ts'
import {threadEntry} from '../workers/thread-entry.ts'
import {nativeThreadId, threadIsAlive} from '../workers/thread-id.ts'
import {makeTemporaryHome, removeDesertedHomes} from './temporary-home.ts'

/** How long all brokers may take until they serve. */
const READY_MS_MAX = 60_000
/** How often an attached thread looks whether the one that opened the cluster is still there. */
const WATCH_MS = 1000

/**
 * Opens a cluster: brokers and coordinators in threads of this process. Without `dir` and `dirs` it lives in a temporary directory, which
 * goes when the cluster is closed. With a `replicationFactor` above 1 it opens without brokers whose dirs cannot be opened, fewer than that: they are down, with the
 * reason in `metrics()` and a `broker.down`, and are tried again. Rejects with INVALID_CONFIG, LOG_IN_USE (with the owner), FOREIGN_DIR, PERMISSION_DENIED,
 * KAFKA_STORAGE_ERROR.
 */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const resolved = resolveClusterOptions(options)
  const problem = refuseTopicConfigs(resolved.topicConfigs)
  if (problem !== undefined) throw new OdradekError(problem.error, `topicConfigs: ${problem.message}`)
  const place = placeOf(resolved)
  const locks: DirLock[] = []
  const letGo = (): void => {
    process.off('exit', letGo)
    for (const lock of locks) lock.release()
    if (place.temporary) fs.rmSync(place.home, {recursive: true, force: true, maxRetries: 3})
  }
  // a program that just ends leaves nothing behind in a place nobody knows of
  if (place.temporary) process.once('exit', letGo)
  try {
    for (const dir of place.locked) {
      makeDirectory(dir)
      locks.push(await DirLock.take(dir))
    }
    const cluster = await openLocked(resolved, place, letGo)
    if (place.temporary) void removeDesertedHomes()
    return cluster
  } catch (error) {
    letGo()
    throw error
  }
}

/** Gives the calling thread doors of its own to a cluster that another thread of this process has open. */
export async function attachCluster(handle: ClusterHandle): Promise<Cluster> {
  if (handle?.odradek !== 'cluster' || !(handle.map instanceof SharedArrayBuffer))
    throw new OdradekError('INVALID_HANDLE', 'attachCluster takes the handle of an open cluster')
  const map = new ClusterMap(handle.map)
  if (map.isOver || !threadIsAlive(handle.openerThread))
    throw new OdradekError('LOG_CLOSED', 'the cluster of this handle is not open any more')
  const {home, hello, leave} = homeOf(handle, map, async () => {
    clearInterval(watch)
    leave()
  })
  // whoever opened it tells of the end, but where its thread was ended from outside
  const watch = setInterval(() => {
    if (!threadIsAlive(handle.openerThread)) announceEnd(map)
  }, WATCH_MS).unref()
  hello()
  return new Cluster(home)
}

/** Every thread of the cluster has ended. */
function announceEnd(map: ClusterMap): void {
  if (map.isOver) return
  map.publishOver()
  map.ringThreads()
}

/** Where a cluster's files are. */
interface Place {
  readonly home: string
  readonly temporary: boolean
  readonly brokerDirs: readonly string[]
  readonly coordinatorDirs: readonly string[]
  /** Dirs that nobody else may have open meanwhile. */
  readonly locked: readonly string[]
}

function placeOf({dir, dirs, brokers, coordinators}: ResolvedClusterOptions): Place {
  const temporary = dir === undefined && dirs === undefined
  const given = dirs?.map(each => resolveDir(each))
  if (new Set(given).size !== (given?.length ?? 0))
    throw new OdradekError('INVALID_CONFIG', 'each broker has a dir of its own; dirs names one twice')
  const home = temporary ? makeTemporaryHome() : dir === undefined ? `${given![0]}.cluster` : resolveDir(dir)
  // as every broker's dir has, and every log's
  if (fs.existsSync(`${home}/meta.properties`))
    throw new OdradekError('FOREIGN_DIR', `${home} is the dir of a log or of one broker: serve it by dirs: ['${home}']`)
  const ids = (count: number): number[] => Array.from({length: count}, (_, i) => i + 1)
  const brokerDirs = ['', ...ids(brokers).map(id => given?.[id - 1] ?? `${home}/broker-${id}`)]
  const coordinatorDirs = ['', ...ids(coordinators).map(id => `${home}/coordinator-${id}`)]
  return {home, temporary, brokerDirs, coordinatorDirs, locked: [home, ...brokerDirs.slice(1)]}
}

async function openLocked(options: ResolvedClusterOptions, place: Place, letGo: () => void): Promise<Cluster> {
  const {brokers, coordinators, replicaThreads} = options
  const clusterId = prepare(place, options)
  const config: ClusterConfig = {
    clusterId,
    startId: randomUUID(),
    brokerDirs: place.brokerDirs,
    coordinatorDirs: place.coordinatorDirs,
    quarantineDirs: place.brokerDirs.map((dir, id) =>
      // dirs that were given may each be a file system of its own
      options.dirs === undefined ? `${place.home}/quarantine/broker-${id}` : dir,
    ),
    durability: options.durability,
    sessionTimeoutMs: options.sessionTimeoutMs,
    replicaLagTimeMaxMs: options.replicaLagTimeMaxMs,
    retentionCheckMs: options.retentionCheckMs,
    cleanerBackoffMs: options.cleanerBackoffMs,
    numPartitions: options.numPartitions,
    replicationFactor: options.replicationFactor,
    autoCreateTopics: options.autoCreateTopics,
    openFilesMax: openFilesMax(brokers * replicaThreads),
    topicDefaults: options.topicConfigs,
  }
  const map = ClusterMap.allocate({coordinators, brokers, hostsABroker: replicaThreads})
  const shape = {windows: WINDOWS, windowBytes: WINDOW_BYTES, indexEntries: WINDOW_INDEX_ENTRIES}
  const arenas = Array.from({length: map.hosts}, () => allocateArena(shape))
  const name = `odradek-${randomUUID()}`
  const entry = await threadEntry(options.workerEntry)
  const supervisor = SupervisorHost.start(
    {name, map: map.memory, arenas, config, entry},
    // every partition of the usual kind has a replica left
    {canLose: options.replicationFactor - 1},
  )
  const handle: ClusterHandle = {
    odradek: 'cluster',
    name,
    clusterId,
    map: map.memory,
    arenas,
    brokerDirs: place.brokerDirs,
    workerEntry: options.workerEntry,
    durability: options.durability,
    topicDefaults: options.topicConfigs,
    bufferMemory: options.bufferMemory,
    deliveryTimeoutMs: options.deliveryTimeoutMs,
    defaultApiTimeoutMs: options.defaultApiTimeoutMs,
    sessionTimeoutMs: options.sessionTimeoutMs,
    openerThread: nativeThreadId(),
  }
  const {home, hello, leave} = homeOf(handle, map, async () => {
    await supervisor.close(order => home.link.mailbox.send('supervisor', order))
    leave()
    letGo()
  })
  const cluster = new Cluster(home)
  const stop = new AbortController()
  void supervisor.exited.then(() => announceEnd(map))
  try {
    await Promise.race([ready(home.calls, brokers, supervisor.lost), lostMajority(map, stop.signal), supervisor.failed])
    supervisor.started()
    hello()
    // once whoever opened it can listen
    setImmediate(() => {
      for (const [broker, {message}] of supervisor.lost) cluster.tell({type: 'broker.down', broker, reason: message})
    })
    return cluster
  } catch (error) {
    await supervisor.terminate()
    home.calls.close(new OdradekError('LOG_CLOSED'))
    leave()
    throw error
  } finally {
    stop.abort()
  }
}

function prepare(place: Place, options: ResolvedClusterOptions): string {
  const {brokerDirs, coordinatorDirs, home} = place
  const dirs = coordinatorDirs.slice(1).map((dir, i) => ({id: i + 1, storage: nodeStorage, path: dir}))
  try {
    // coordinators that begin take the name that brokers' dirs have already
    const known = brokerDirs.slice(1).flatMap(dir => DataDir.clusterIdOf(nodeStorage, dir) ?? [])[0]
    const clusterId = prepareCoordinators(dirs, known ?? randomBytes(16).toString('base64url'))
    if (options.forceAgreement)
      forceAgreement(
        dirs.map(dir => ({
          storage: nodeStorage,
          dir: dir.path,
          crc32c: loadCrc32c(),
          arena: allocateMetadataArena(),
          durability: options.durability,
          timeOfDayMs: systemClock.wallMs,
        })),
      )
    return clusterId
  } catch (error) {
    throw storageError(error, `preparing ${home}`)
  }
}

/** Resolves when every broker serves that can. */
async function ready(calls: BrokerCalls, brokers: number, lost: ReadonlyMap<number, OdradekError>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + READY_MS_MAX
  for (;;) {
    const described = await calls.call<Results['describeCluster']>({type: 'describeCluster'}, {timeoutMs: READY_MS_MAX})
    const up = described.brokers.filter(({fenced}) => !fenced).map(({id}) => id)
    if (new Set([...up, ...lost.keys()]).size === brokers) return
    if (systemClock.monotonicMs() > deadlineMs)
      throw new OdradekError('REQUEST_TIMED_OUT', `not every broker was up within ${READY_MS_MAX} ms`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

/** Rejects where so many coordinators have lost their logs that nobody can ever serve. */
async function lostMajority(map: ClusterMap, signal: AbortSignal): Promise<never> {
  const {coordinators} = map.shape
  const ids = Array.from({length: coordinators}, (_, i) => i + 1)
  for (;;) {
    // the last look is taken when nobody waits for it any more
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    if (signal.aborted) return new Promise(() => {})
    const lost = ids.flatMap(id => map.coordinator(id).failure.readNote(errorNumber('LOG_DAMAGED')) ?? [])
    if (coordinators - lost.length <= coordinators / 2)
      throw new OdradekError(
        'LOG_DAMAGED',
        `${lost.join('; ')}. No majority of the coordinators knows the cluster; restore their dirs, or open with forceAgreement`,
      )
  }
}

/** How often it is looked for what keeps a cluster from serving. */
const LOOK_MS = 200

/** What a thread has behind its door, and how it goes. */
function homeOf(
  handle: ClusterHandle,
  map: ClusterMap,
  shutDown: () => Promise<void>,
): {home: ClusterHome; hello: () => void; leave: () => void} {
  const thread = claimPlace(map)
  const mailbox = new ThreadMailbox(handle.name, map, `client-${randomUUID()}`)
  const parking = new Parking(map.threads.doorbell(thread), keepAlive())
  const link = new ClusterLink({
    map,
    thread,
    parking,
    mailbox,
    allocateInbox: slots => allocateInbox(Math.max(SLOTS_MIN / 2, slots)),
  })
  const home: ClusterHome = {
    handle,
    link,
    calls: new BrokerCalls(link, systemClock.monotonicMs, handle.defaultApiTimeoutMs),
    storage: nodeStorage,
    crc32c: loadCrc32c(),
    nowMs: systemClock.wallMs,
    monotonicMs: systemClock.monotonicMs,
    threadId: nativeThreadId(),
    settingsOf: configs => topicSettings(configs, handle.topicDefaults),
    verify: async log => {
      const {verifyLog} = await import('../workers/verify-log.ts')
      return verifyLog({...log, entry: await threadEntry(handle.workerEntry)})
    },
    newTopicId: () => randomBytes(16).toString('base64url'),
    onLetters(take: (letter: Letter) => void) {
      mailbox.onLetters(() => {
        for (let letter = mailbox.receive(); letter !== undefined; letter = mailbox.receive()) take(letter)
      })
    },
    shutDown,
  }
  const hello = (gone: boolean): void =>
    home.calls.tell({type: 'hello', id: mailbox.address, place: thread, thread: nativeThreadId(), gone})
  const telling = setInterval(() => hello(false), handle.sessionTimeoutMs)
  telling.unref()
  const leave = (): void => {
    clearInterval(telling)
    hello(true)
    if (!map.isOver) link.close()
    parking.close()
    mailbox.close()
    map.threads.free(thread)
  }
  return {home, hello: () => hello(false), leave}
}

function claimPlace(map: ClusterMap): number {
  let thread = map.threads.claim(nativeThreadId())
  if (thread < 0) {
    map.threads.sweep(threadIsAlive)
    thread = map.threads.claim(nativeThreadId())
  }
  if (thread < 0)
    throw new OdradekError('TOO_MANY_THREADS', 'too many threads are attached; close a cluster somewhere first')
  return thread
}
