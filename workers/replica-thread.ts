import {BroadcastChannel, parentPort, receiveMessageOnPort} from 'node:worker_threads'
import {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {type OdradekError, storageError} from '../engine/errors.ts'
import {InboxSender} from '../engine/memory/inbox.ts'
import {Attachments} from './attachments.ts'
import {systemClock} from './clock.ts'
import {FlusherThread} from './flusher.ts'
import {OpenPartition} from './open-partition.ts'
import {systemWorld} from './partition-world.ts'
import {ReplicaAgent} from './replica-agent.ts'
import type {CleanedMessage, ControlMessage, ReplicaData, ReplicaReport} from './replica-data.ts'
import {threadStart} from './thread-start.ts'

const report = (message: ReplicaReport): void => parentPort!.postMessage(message)

/** Even with nothing due a thread wakes now and then, so that its beat shows it alive. */
const SLEEP_MS_MAX = 1000

/** The thread of one replica: opens the partition, then does nothing but its agent's rounds, asleep on its doorbell in between. */
export async function replicaThread(): Promise<void> {
  const {data} = threadStart<ReplicaData>()!
  const partition = await open(data)
  if (partition !== undefined) run(partition, data)
}

/** Opens the partition, or reports why that cannot be. */
async function open(data: ReplicaData): Promise<OpenPartition | undefined> {
  try {
    return await OpenPartition.open(data, systemWorld(data.entry))
  } catch (error) {
    const failure = storageError(error, `opening ${data.dir}`)
    report({type: 'failed', code: failure.code, message: failure.message.slice(failure.code.length + 2)})
    return undefined
  }
}

/** What is thrown in here is a bug of ours or a disk gone mad: it ends the thread, and the one who started it hears that. */
function run(partition: OpenPartition, data: ReplicaData): void {
  const map = new LogMap(data.map)
  const channel = new BroadcastChannel(data.channel)
  channel.unref()
  const attachments = new Attachments(map, {memory: data.inbox, slots: new InboxSender(data.inbox).slots})
  const agent: ReplicaAgent = new ReplicaAgent(partition.replica, {
    map,
    attachments,
    clock: systemClock,
    flusher: new FlusherThread(map.doorbell, systemClock, data.entry),
    control: () => {
      handleControl(channel, attachments)
      takeCleaned(agent)
    },
    clean: job => report({type: 'clean', job}),
    checkpointCleaned: cleanedEnd => partition.checkpointCleaned(cleanedEnd),
    checkpointLogStart: start => partition.checkpointLogStart(start),
    dirProblem: () => partition.dirProblem(),
  })
  map.replica.publishState(STATE.running)
  report({type: 'ready', recovered: partition.recovered})

  while (!agent.readyToClose) {
    const seen = map.doorbell.count()
    if (agent.doWork() === 0 && !agent.readyToClose) map.doorbell.wait(seen, Math.min(agent.dueInMs(), SLEEP_MS_MAX))
  }
  agent.closed(closePartition(partition, data.dir))
  channel.close()
  // the flusher sleeps for good, and this thread cannot end before it
  process.exit()
}

function closePartition(partition: OpenPartition, dir: string): OdradekError | undefined {
  try {
    partition.close()
    return undefined
  } catch (error) {
    return storageError(error, `closing ${dir}`)
  }
}

function takeCleaned(agent: ReplicaAgent): void {
  for (;;) {
    const received = receiveMessageOnPort(parentPort!)
    if (received === undefined) return
    agent.cleaned((received.message as CleanedMessage).outcome)
  }
}

function handleControl(channel: BroadcastChannel, attachments: Attachments): void {
  for (;;) {
    const received = receiveMessageOnPort(channel as unknown as Parameters<typeof receiveMessageOnPort>[0])
    if (received === undefined) return
    const message = received.message as ControlMessage
    if (message.type === 'attach') channel.postMessage(attachments.attach(message.thread, message.asked))
    else if (message.type === 'detach') attachments.detach(message.thread)
    else if (message.type === 'sweep') attachments.sweep()
  }
}
