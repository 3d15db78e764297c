import type {GroupAsk, GroupLetter} from '../../engine/group/group-letters.ts'
import type {
  FindCoordinatorResponse,
  GroupApi,
  GroupErrorCode,
  GroupRequests,
  GroupResponses,
} from '../../engine/group/requests.ts'
import type {ClusterBed} from '../brokers/bed.ts'
import type {Postbox} from '../simulation/cluster/post-office.ts'

const ASK_AGAIN_MS = 200
const AGAIN: readonly (GroupErrorCode | undefined)[] = [
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
]

/** An application thread of a simulated cluster that asks groups' coordinators. */
export class GroupDoor {
  readonly #bed: ClusterBed
  readonly #place: number
  readonly #box: Postbox
  readonly #told = new Map<number, unknown>()
  #nextId = 1
  #turn = 0
  readonly #brokers: number

  constructor(bed: ClusterBed, brokers: number) {
    this.#bed = bed
    this.#brokers = brokers
    const {map, office} = bed.process
    this.#place = map.threads.claim(0)
    this.#box = office.open('client-groups')
    this.#box.onLetter = () => {
      const body = this.#box.receive()!.body as GroupLetter
      if (body.type === 'groupTold') this.#told.set(body.id, body.response)
      else if (body.type === 'groupRefused') this.#told.set(body.id, body)
    }
  }

  /** Asks until whoever coordinates the group has answered. */
  ask<Api extends GroupApi>(groupId: string, api: Api, body: GroupRequests[Api]): GroupResponses[Api] {
    for (;;) {
      const broker = this.coordinatorOf(groupId)
      const response = this.#askOnce(broker, api, body)
      if (response !== undefined && !AGAIN.includes(errorOf(response))) return response
      this.#bed.runFor(5)
    }
  }

  /** Asks this broker until it has an answer. */
  askBroker<Api extends GroupApi>(broker: number, api: Api, body: GroupRequests[Api]): GroupResponses[Api] {
    for (;;) {
      const response = this.#askOnce(broker, api, body)
      if (response !== undefined && !AGAIN.includes(errorOf(response))) return response
      this.#bed.runFor(5)
    }
  }

  /** The first code in the answer of this broker that is not NONE; undefined where there is none. */
  codeOf<Api extends GroupApi>(broker: number, api: Api, body: GroupRequests[Api]): GroupErrorCode | undefined {
    return errorOf(this.#askOnce(broker, api, body) ?? {})
  }

  coordinatorOf(groupId: string): number {
    for (;;) {
      const broker = 1 + (this.#turn++ % this.#brokers)
      const found = this.#askOnce(broker, 'FindCoordinator', {coordinatorKeys: [groupId]}) as
        | FindCoordinatorResponse
        | undefined
      const coordinator = found?.coordinators[0]
      if (coordinator?.errorCode === 'NONE') return coordinator.nodeId
    }
  }

  /** Sends a request and does not wait for what becomes of it. */
  send<Api extends GroupApi>(broker: number, api: Api, body: GroupRequests[Api]): number {
    const id = this.#nextId++
    const ask: GroupAsk = {type: 'group', id, api, body, clientId: 'sim', place: this.#place, thread: 0}
    this.#box.send(`broker-${broker}`, ask)
    return id
  }

  #askOnce<Api extends GroupApi>(broker: number, api: Api, body: GroupRequests[Api]): GroupResponses[Api] | undefined {
    const id = this.send(broker, api, body)
    const endMs = this.#bed.time.nowMs + ASK_AGAIN_MS
    this.#bed.until(`${api} is answered, or given up`, () => this.#told.has(id) || this.#bed.time.nowMs >= endMs)
    return this.#told.get(id) as GroupResponses[Api] | undefined
  }
}

/** The first code in an answer that is not NONE. */
function errorOf(response: object): GroupErrorCode | undefined {
  return /"errorCode":"(?!NONE")([A-Z_]+)"/.exec(JSON.stringify(response))?.[1] as GroupErrorCode | undefined
}
