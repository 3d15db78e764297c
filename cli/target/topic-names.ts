import type {Admin} from '../../doors/kafkajs.ts'
import {Failure} from '../failure.ts'

/** Topics that a cluster keeps for itself. */
const INTERNAL = ['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata']

export function isInternal(topic: string): boolean {
  return INTERNAL.includes(topic)
}

/** Throws, with the names there are, where one of the topics is missing. */
export async function requireTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const known = await admin.listTopics()
  const missing = topics.filter(topic => !known.includes(topic))
  if (missing.length === 0) return
  const others = known.filter(topic => !isInternal(topic)).sort()
  const some = `${others.slice(0, SHOWN).join(', ')}${others.length > SHOWN ? ' …' : ''}`
  const there = others.length === 0 ? 'there are none yet' : `there ${others.length === 1 ? 'is' : 'are'} ${some}`
  throw new Failure(`there is no topic ${missing.join(', ')}; ${there}`)
}

const SHOWN = 10
