import {parentPort, type Worker} from 'node:worker_threads'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {ThreadLine} from '../engine/cluster/thread-line.ts'
import {systemClock} from './clock.ts'
import type {BrokerData, ClusterData, CoordinatorData} from './cluster-data.ts'
import {ThreadMailbox} from './cluster-mail.ts'
import type {ListenOrder} from './listener/listen-order.ts'
import type {SupervisorOrder, SupervisorReport} from './supervisor-orders.ts'
import {startThread, threadStart} from './thread-start.ts'

/** How long a thread that died is left alone before it is started anew; twice as long each time it dies soon again. */
const RESTART_MS = 100
const RESTART_MS_MAX = 10_000
/** A broker that starts does not hear letters, and a port may be taken for a while: who does not listen is told again. */
const LISTEN_AGAIN_MS = 100

/** A coordinator or broker as its supervisor sees it. */
interface Charge {
  readonly kind: 'coordinator' | 'broker'
  readonly id: number
  worker: Worker | undefined
  /** Killed on purpose: it stays down until it is asked for. */
  down: boolean
  /** Asked for while the one that is to go has not ended yet. */
  again: boolean
  /** Where a broker listened last, to which it comes back. */
  port: number
  deaths: number
  startedMs: number
  error: Error | undefined
}

/**
 * The thread above all others of a cluster: starts coordinators and brokers, hears their end at once, says so in the map, and starts
 * them anew. Whatever the application does with its own event loop, this one goes on.
 */
export function supervisorThread(): void {
  const {data} = threadStart<ClusterData>()!
  const map = new ClusterMap(data.map)
  const mailbox = new ThreadMailbox(data.name, map, 'supervisor')
  const report = (body: SupervisorReport): void => parentPort!.postMessage(body)
  const charges: Charge[] = [
    ...Array.from({length: map.shape.coordinators}, (_, i) => newCharge('coordinator', i + 1)),
    ...Array.from({length: map.shape.brokers}, (_, i) => newCharge('broker', i + 1)),
  ]
  const lineOf = ({kind, id}: Charge): ThreadLine => (kind === 'broker' ? map.broker(id) : map.coordinator(id))

  let listening: ListenOrder | undefined
  let tellingAgain: NodeJS.Timeout | undefined

  const listenOrderOf = ({kind, id, port}: Charge): ListenOrder | undefined => {
    if (kind !== 'broker' || listening === undefined) return undefined
    const asked = listening.port === 0 ? port : listening.port + id - 1
    return {...listening, port: asked}
  }

  const listen = (order: ListenOrder | undefined): void => {
    listening = order
    clearInterval(tellingAgain)
    for (const charge of charges) charge.port = 0
    tellListening(() => true)
    if (order !== undefined) tellingAgain = setInterval(() => tellListening(line => line.port === 0), LISTEN_AGAIN_MS)
  }

  const tellListening = (isTold: (line: ThreadLine) => boolean): void => {
    for (const charge of charges) {
      if (charge.kind !== 'broker' || charge.worker === undefined) continue
      const line = lineOf(charge)
      if (listening !== undefined) charge.port = line.port || charge.port
      if (isTold(line)) mailbox.send(`broker-${charge.id}`, {type: 'listen', order: listenOrderOf(charge)})
    }
  }

  const start = (charge: Charge): void => {
    const {kind, id} = charge
    charge.port = lineOf(charge).port || charge.port
    const nowMs = systemClock.monotonicMs()
    const incarnation = lineOf(charge).startAnew(nowMs)
    const started: CoordinatorData | BrokerData = {...data, id, incarnation, listen: listenOrderOf(charge)}
    const worker = startThread(data.entry, {role: kind, data: started, name: `odradek-${kind} ${id}`})
    charge.worker = worker
    charge.startedMs = nowMs
    charge.down = false
    charge.again = false
    charge.error = undefined
    worker.on('error', error => {
      charge.error = error
    })
    worker.on('exit', () => ended(charge, incarnation))
  }

  const ended = (charge: Charge, incarnation: number): void => {
    const {kind, id} = charge
    charge.worker = undefined
    const line = lineOf(charge)
    // its hosts end with it; all of that is told in one go
    if (kind === 'broker') for (const host of map.hostsOf(id)) map.host(host).publishEnded(map.host(host).incarnation)
    line.publishEnded(incarnation)
    map.ringCoordinators()
    report({type: 'ended', kind, id, error: charge.error?.message})
    if (charge.again && !map.closing) {
      start(charge)
      return
    }
    if (map.closing || charge.down) return
    const soon = systemClock.monotonicMs() - charge.startedMs < RESTART_MS_MAX
    charge.deaths = soon ? charge.deaths + 1 : 1
    setTimeout(
      () => {
        if (charge.worker === undefined && !charge.down && !map.closing) start(charge)
      },
      Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** (charge.deaths - 1)),
    )
  }

  const take = (order: SupervisorOrder): void => {
    if (order.type === 'close') {
      void close()
      return
    }
    if (order.type === 'listen') {
      listen(order.order)
      return
    }
    const charge = charges.find(({kind, id}) => kind === order.kind && id === order.id)
    if (charge === undefined) return
    if (order.type === 'start') {
      if (map.closing) return
      if (charge.worker === undefined) start(charge)
      else charge.again = charge.down
      return
    }
    charge.down = true
    charge.again = false
    if (order.type === 'kill') void charge.worker?.terminate()
    else if (charge.kind === 'broker') {
      mailbox.send(`broker-${charge.id}`, {type: 'close'})
    }
  }

  /** Brokers first, while coordinators still serve them; then the coordinators. */
  const close = async (): Promise<void> => {
    map.publishClosing()
    clearInterval(tellingAgain)
    for (const {kind, id, worker} of charges)
      if (kind === 'broker' && worker !== undefined) mailbox.send(`broker-${id}`, {type: 'close'})
    await allEnded('broker')
    map.publishOver()
    map.ringThreads()
    map.ringCoordinators()
    await allEnded('coordinator')
    report({type: 'closed'})
    mailbox.close()
    process.exit()
  }

  const allEnded = async (kind: Charge['kind']): Promise<void> => {
    const workers = charges.filter(charge => charge.kind === kind).map(({worker}) => worker)
    await Promise.all(workers.map(worker => worker && new Promise(resolve => worker.once('exit', resolve))))
  }

  mailbox.onLetters(() => {
    for (let letter = mailbox.receive(); letter !== undefined; letter = mailbox.receive())
      take(letter.body as SupervisorOrder)
  })
  // the letters that count as missed are those to brokers; this thread ends by order, or with the one that started it
  setInterval(() => {}, 2 ** 31 - 1)
  for (const charge of charges) start(charge)
}

function newCharge(kind: Charge['kind'], id: number): Charge {
  return {kind, id, worker: undefined, down: false, again: false, port: 0, deaths: 0, startedMs: 0, error: undefined}
}
