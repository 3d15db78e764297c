import * as assert from 'uvu/assert'
import {readGroupRecord} from '../../engine/group/group-records.ts'
import type {GroupErrorCode, JoinGroupResponse, SyncGroupResponse} from '../../engine/group/requests.ts'
import {GroupBed, type Pending, REBALANCE_MS, SESSION_MS, textOf} from './group-bed.ts'

/** What a consumer is in one generation. */
interface Identity {
  readonly id: string
  readonly generation: number
  readonly isLeader: boolean
  readonly members: readonly string[]
}

/** A consumer as the model has it: what it knows of itself, and what it waits for. */
interface Consumer {
  readonly name: string
  readonly instanceId: string | null
  id: string
  generation: number
  isLeader: boolean
  members: readonly string[]
  hasPart: boolean
  isDead: boolean
  /** What it was in an earlier generation: requests of then may come late. */
  before: Identity | undefined
  last: Identity
  join: Pending<JoinGroupResponse> | undefined
  sync: Pending<SyncGroupResponse> | undefined
}

interface Generation {
  readonly leader: string
  readonly answered: Set<string>
}

export const CONSUMERS = 4

/**
 * Consumers of one group who do what they like, in whatever order, and what has to hold whatever they do. It knows nothing of the coordinator's states: it
 * goes by what consumers are told, and by what is in the log.
 */
export class GroupHistory {
  readonly bed = new GroupBed()
  readonly #consumers: Consumer[] = Array.from({length: CONSUMERS}, (_, i) => newConsumer(i))
  /** Generations that somebody was told of. */
  readonly #generations = new Map<number, Generation>()
  /** Commits whose fate is not known yet. */
  #commits: {readonly offset: number; readonly answer: Pending<GroupErrorCode>}[] = []
  #offset = 0
  /** Times that the group was deleted. */
  #ends = 0

  /** Asks to join: for the first time, or anew. */
  join(number: number): void {
    const consumer = this.#consumers[number]!
    if (consumer.isDead || consumer.join !== undefined) return
    consumer.sync = undefined
    const asked = {
      groupInstanceId: consumer.instanceId,
      from: {clientId: consumer.name, clientHost: `/thread-${consumer.name}`, inProcess: number % 2 === 0},
    }
    if (consumer.id === '' && consumer.instanceId === null) {
      const first = this.bed.join(asked).response!
      if (first.errorCode !== 'MEMBER_ID_REQUIRED') {
        assert.is(first.errorCode, 'COORDINATOR_NOT_AVAILABLE')
        return
      }
      consumer.id = first.memberId
    }
    consumer.join = this.bed.join({...asked, memberId: consumer.id})
  }

  sync(number: number): void {
    const consumer = this.#consumers[number]!
    if (consumer.isDead || consumer.generation < 0 || consumer.join !== undefined || consumer.sync !== undefined) return
    const {id: memberId, generation: generationId} = consumer
    const parts = consumer.isLeader ? consumer.members.map(id => [id, partOf(generationId, id)]) : []
    consumer.sync = this.bed.sync({memberId, generationId}, Object.fromEntries(parts), {
      groupInstanceId: consumer.instanceId,
    })
  }

  beat(number: number): GroupErrorCode | undefined {
    const {isDead, id, generation, instanceId, join} = this.#consumers[number]!
    if (isDead || generation < 0 || join !== undefined) return undefined
    const isOld = this.#isOld(generation)
    const answer = this.bed.beat(id, generation, {groupInstanceId: instanceId})
    assert.not.ok(isOld && answer === 'NONE', 'nobody is told that all is well in a generation that is over')
    return answer
  }

  commit(number: number): void {
    const {isDead, id, generation, instanceId} = this.#consumers[number]!
    if (isDead || generation < 0) return
    const isOld = this.#isOld(generation)
    const offset = ++this.#offset
    const asked = {memberId: id, generationIdOrMemberEpoch: generation, groupInstanceId: instanceId}
    const answer = this.bed.commit(offset, asked)
    assert.not.ok(isOld && this.#isAccepted(answer), 'nobody commits in a generation that is over')
    this.#commits.push({offset, answer})
  }

  /** Does what a consumer should do that is told what it was told. */
  obey(number: number): void {
    const consumer = this.#consumers[number]!
    if (consumer.join !== undefined || consumer.sync !== undefined || this.#isSettled(number)) return
    if (consumer.generation < 0) this.join(number)
    else if (!consumer.hasPart) this.sync(number)
  }

  /** Everybody does, again and again. */
  obeyAll(times: number): void {
    for (let time = 0; time < times; time++)
      for (const number of this.#consumers.keys()) {
        this.obey(number)
        this.check()
      }
  }

  /** A request of an earlier generation arrives only now. */
  late(number: number): void {
    const {before, instanceId} = this.#consumers[number]!
    if (before === undefined || !this.#isOld(before.generation)) return
    const {id: memberId, generation: generationId, isLeader, members} = before
    const more = {groupInstanceId: instanceId}
    assert.is.not(this.bed.beat(memberId, generationId, more), 'NONE', 'a late beat')
    const parts = isLeader ? members.map(id => [id, partOf(generationId, id)]) : []
    const sync = this.bed.sync({memberId, generationId}, Object.fromEntries(parts), more)
    assert.ok(sync.response !== undefined && sync.response.errorCode !== 'NONE', 'a late sync')
    const commit = this.bed.commit(++this.#offset, {memberId, generationIdOrMemberEpoch: generationId, ...more})
    assert.not.ok(this.#isAccepted(commit), 'a late commit')
  }

  /** Somebody who is in no group commits. */
  commitAlone(): void {
    const isFree = this.bed.describe().members.length === 0
    const offset = ++this.#offset
    const answer = this.bed.commit(offset)
    assert.not.ok(!isFree && this.#isAccepted(answer), 'nobody commits for a group that he is not in')
    this.#commits.push({offset, answer})
  }

  leave(number: number): void {
    const consumer = this.#consumers[number]!
    if (consumer.isDead || consumer.id === '') return
    this.bed.leave(consumer.id, consumer.instanceId)
    this.#forget(consumer)
  }

  /** Ends without a word; somebody else takes its place. */
  die(number: number): void {
    const consumer = this.#consumers[number]!
    const {instanceId, name} = consumer
    consumer.isDead = true
    this.bed.ended.add(`/thread-${name}`)
    this.bed.threadsEnded()
    this.#consumers[number] = {...newConsumer(number), name: `${name}+`, instanceId}
  }

  pass(ms: number): void {
    this.bed.pass(ms)
  }

  /** Whether appends take their time from here on. */
  setSlow(slow: number): void {
    this.bed.isSlow = slow === 1
    if (slow === 0) this.bed.settleAll()
  }

  settle(): void {
    this.bed.settle()
  }

  refuse(): void {
    this.bed.settle('COORDINATOR_NOT_AVAILABLE')
  }

  /** Another broker coordinates; of what is on its way `stored` appends are in the log still. */
  move(stored: number): void {
    this.bed.move(stored)
    const last = this.#storedGeneration()
    // a generation that nobody had a part in yet is told of in no log: its number is given again
    for (const number of this.#generations.keys()) if (number > last) this.#generations.delete(number)
    for (const consumer of this.#consumers) if (consumer.generation > last) consumer.generation = -1
  }

  delete(): void {
    const isFree = this.bed.describe().members.length === 0
    const answer = this.bed.delete()
    assert.ok(isFree || answer.response === 'NON_EMPTY_GROUP' || answer.response === 'GROUP_ID_NOT_FOUND')
    // what is acknowledged before the end of the group goes with it
    if (this.#isAccepted(answer)) this.#commits = []
  }

  /** To be called after every step: takes in what came, and looks at what must hold. */
  check(): void {
    this.#takeEnds()
    for (const consumer of this.#consumers) {
      this.#takeJoin(consumer)
      this.#takeSync(consumer)
    }
    this.#checkCommits()
  }

  /** From here on everybody does as he is told. Those that live must come to have a part each, and nobody else. */
  converge(): void {
    this.setSlow(0)
    this.check()
    const live = this.#consumers.map((_, number) => number)
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const number of live) {
        this.obey(number)
        this.check()
      }
      // time passes now and then, and less than a session of those who do as they are told
      this.pass(round % PASS_ROUNDS === 0 ? SESSION_MS / 4 : 0)
      this.check()
      if (this.#agrees()) return
    }
    const {groupState, members} = this.bed.describe()
    assert.unreachable(
      `they do not come to agree: ${groupState}, ${members.map(({memberId}) => memberId)}, ${JSON.stringify(this.#consumers)}`,
    )
  }

  /** Whether it has its part, and is told that all is well; if not, what it knows is over. */
  #isSettled(number: number): boolean {
    const consumer = this.#consumers[number]!
    if (!consumer.hasPart) return false
    const answer = this.beat(number)
    if (answer === 'NONE') return true
    consumer.generation = -1
    consumer.hasPart = false
    if (answer !== 'REBALANCE_IN_PROGRESS' && answer !== 'ILLEGAL_GENERATION') consumer.id = ''
    return false
  }

  #agrees(): boolean {
    const {groupState, members} = this.bed.describe()
    if (groupState !== 'Stable' || this.#consumers.some(({hasPart, join, sync}) => !hasPart || join || sync))
      return false
    const generations = new Set(this.#consumers.map(({generation}) => generation))
    const ids = members.map(({memberId}) => memberId).sort()
    return (
      generations.size === 1 &&
      ids.join() ===
        this.#consumers
          .map(({id}) => id)
          .sort()
          .join()
    )
  }

  /** A group that was deleted begins anew, and so do its generations. */
  #takeEnds(): void {
    const ends = this.bed.log.filter(({key, value}) => readGroupRecord(key, value)!.type === 'group' && value === null)
    if (ends.length === this.#ends) return
    this.#ends = ends.length
    assert.equal([this.bed.state(), this.bed.committed()], ['Dead', -1], 'nothing is left of a group that was deleted')
    this.#generations.clear()
    for (const consumer of this.#consumers) this.#forget(consumer)
  }

  #takeJoin(consumer: Consumer): void {
    const response = consumer.join?.response
    if (response === undefined) return
    consumer.join = undefined
    consumer.hasPart = false
    if (response.errorCode !== 'NONE') {
      consumer.generation = -1
      if (FORGET.has(response.errorCode)) consumer.id = ''
      return
    }
    const {generationId, leader, memberId, members} = response
    const {id, generation, isLeader, members: known} = consumer.last
    if (generation >= 0 && generation !== generationId) consumer.before = {id, generation, isLeader, members: known}
    consumer.id = memberId
    consumer.generation = generationId
    consumer.isLeader = leader === memberId
    consumer.members = members.map(each => each.memberId)
    consumer.last = {id: memberId, generation: generationId, isLeader: consumer.isLeader, members: consumer.members}
    if (consumer.isLeader) assert.ok(consumer.members.includes(memberId), 'who leads is in the group')
    else assert.is(members.length, 0, 'only the leader is told of the others')
    this.#takeGeneration(response)
  }

  /** All are told of one leader in a generation, but for an instance that leads, which may come back under another id. */
  #takeGeneration({generationId, leader, memberId}: JoinGroupResponse): void {
    const known = this.#generations.get(generationId)
    if (known === undefined) {
      const newest = Math.max(-1, ...this.#generations.keys())
      assert.ok(generationId > newest, `generation ${generationId} comes after ${newest}`)
      this.#generations.set(generationId, {leader, answered: new Set([memberId])})
      return
    }
    if (!leader.startsWith(INSTANCE)) assert.is(leader, known.leader, `one leader in generation ${generationId}`)
    known.answered.add(memberId)
  }

  #takeSync(consumer: Consumer): void {
    const response = consumer.sync?.response
    if (response === undefined) return
    consumer.sync = undefined
    if (response.errorCode !== 'NONE') {
      consumer.generation = -1
      if (FORGET.has(response.errorCode)) consumer.id = ''
      return
    }
    const part = textOf(response.assignment)
    // an instance that came back has the part that was dealt to what it was called before
    const own = consumer.instanceId === null ? partOf(consumer.generation, consumer.id) : undefined
    if (own !== undefined) assert.is(part, own, 'everybody has the part that his leader dealt him in this generation')
    else assert.ok(part.startsWith(`${consumer.generation}:${INSTANCE}`), `${part} is an instance's part`)
    consumer.hasPart = true
  }

  #checkCommits(): void {
    const settled = this.#commits.filter(({answer}) => answer.response !== undefined)
    this.#commits = this.#commits.filter(({answer}) => answer.response === undefined)
    if (this.bed.appends.length > 0) return
    const stored = this.#storedOffset()
    assert.is(this.bed.committed(), stored, 'what is told is what is stored last')
    const newest = settled.filter(({answer}) => answer.response === 'NONE').at(-1)
    if (newest !== undefined) assert.ok(stored >= newest.offset, 'what was acknowledged is stored')
  }

  #isAccepted({response}: Pending<GroupErrorCode>): boolean {
    return response === undefined || response === 'NONE'
  }

  /** Somebody was told of a later generation. */
  #isOld(generation: number): boolean {
    for (const newer of this.#generations.keys()) if (newer > generation) return true
    return false
  }

  #storedOffset(): number {
    for (const {key, value} of [...this.bed.log].reverse()) {
      const record = readGroupRecord(key, value)!
      if (record.type === 'offset') return record.value?.offset ?? -1
    }
    return -1
  }

  #storedGeneration(): number {
    for (const {key, value} of [...this.bed.log].reverse()) {
      const record = readGroupRecord(key, value)!
      if (record.type === 'group') return record.value?.generation ?? -1
    }
    return -1
  }

  #forget(consumer: Consumer): void {
    const {name, instanceId, isDead, before} = consumer
    Object.assign(consumer, {
      ...newConsumer(0),
      name,
      instanceId,
      isDead,
      before: this.#generations.size > 0 ? before : undefined,
    })
  }
}

const PASS_ROUNDS = 4
/** Enough for every time-out to be over several times. */
const ROUNDS_MAX = (PASS_ROUNDS * 6 * REBALANCE_MS) / (SESSION_MS / 4)
const INSTANCE = 'instance'
/** Who is told so has to begin anew. */
const FORGET: ReadonlySet<GroupErrorCode> = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])

/** One of them is an instance. */
function newConsumer(number: number): Consumer {
  return {
    ...{
      name: `c${number}`,
      instanceId: number === CONSUMERS - 1 ? `${INSTANCE}-${number}` : null,
      id: '',
      generation: -1,
    },
    ...{isLeader: false, members: [], hasPart: false, isDead: false, join: undefined, sync: undefined},
    ...{before: undefined, last: {id: '', generation: -1, isLeader: false, members: []}},
  }
}

function partOf(generation: number, id: string): string {
  return `${generation}:${id}`
}
