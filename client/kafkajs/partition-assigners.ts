import {type Assign, assignCooperatively, assignInTurn, assignRanges} from '../assigners.ts'
import type {TopicPartitionList} from '../consumer-protocol.ts'
import {decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription} from '../consumer-protocol.ts'
import type {Assigner, Assignment, ISerializer, MemberAssignment, MemberMetadata, PartitionAssigner} from './types.ts'

/** What members of a group tell each other, for assigners of a program's own. */
export const AssignerProtocol: {
  MemberMetadata: ISerializer<MemberMetadata>
  MemberAssignment: ISerializer<MemberAssignment>
} = {
  MemberMetadata: {
    encode({version, topics, userData = Buffer.alloc(0)}) {
      return bufferOf(encodeSubscription({version, topics, userData, owned: []}))
    },
    decode(bytes) {
      const subscription = decodeSubscription(bytes)
      if (subscription === undefined) return null
      const {version, topics, userData} = subscription
      return {version, topics: [...topics], userData: bufferOf(userData)}
    },
  },
  MemberAssignment: {
    encode({version, assignment, userData = Buffer.alloc(0)}) {
      const topics = Object.entries(assignment).map(([topic, partitions]) => ({topic, partitions}))
      return bufferOf(encodeAssignment({version, topics, userData}))
    },
    decode(bytes) {
      const decoded = decodeAssignment(bytes)
      if (decoded === undefined) return null
      return {version: decoded.version, assignment: assignmentOf(decoded.topics), userData: bufferOf(decoded.userData)}
    },
  },
}

/** An assigner that lets members keep what they read while others join: it is told what this one has. */
export interface CooperativeAssigner extends Assigner {
  protocol(subscription: {topics: string[]; owned?: readonly TopicPartitionList[]}): {name: string; metadata: Buffer}
  readonly isCooperative: true
}

export function isCooperative(assigner: Assigner): assigner is CooperativeAssigner {
  return (assigner as Partial<CooperativeAssigner>).isCooperative === true
}

function assigner(name: string, version: number, assign: Assign): PartitionAssigner {
  return ({cluster}) => ({
    name,
    version,
    ...(version > 0 ? {isCooperative: true} : {}),
    async assign({members, topics}) {
      const known = members.map(({memberId, memberMetadata}) => {
        const subscription = decodeSubscription(memberMetadata)
        return {memberId, topics: subscription?.topics ?? topics, owned: subscription?.owned ?? []}
      })
      const plan = assign(known, topic => cluster.findTopicPartitionMetadata(topic).length)
      return members.map(({memberId}) => ({
        memberId,
        memberAssignment: bufferOf(
          encodeAssignment({version, topics: plan.get(memberId) ?? [], userData: new Uint8Array()}),
        ),
      }))
    },
    protocol({topics, owned = []}: {topics: string[]; owned?: readonly TopicPartitionList[]}) {
      return {name, metadata: bufferOf(encodeSubscription({version, topics, userData: new Uint8Array(), owned}))}
    },
  })
}

/** `roundRobin` is KafkaJS'; the others have the names by which Kafka's own clients know them, so that members in Java can be in the same group. */
export const PartitionAssigners = {
  roundRobin: assigner('RoundRobinAssigner', 0, assignInTurn),
  range: assigner('range', 0, assignRanges),
  cooperativeSticky: assigner('cooperative-sticky', 1, assignCooperatively),
} as const

export function assignmentOf(topics: readonly TopicPartitionList[]): Assignment {
  return Object.fromEntries(topics.map(({topic, partitions}) => [topic, [...partitions]]))
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
