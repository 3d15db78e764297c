import type {ErrorCode} from '../errors.ts'

/** What is wrong with one thing that was asked: Kafka's code, and a sentence. */
export interface Refusal {
  readonly error: ErrorCode
  readonly message: string
}

const LENGTH_MAX = 249

/** Two names that are the same by this are told apart by topics, but not in names of metrics, so Kafka refuses the second. */
export function unified(name: string): string {
  return name.replaceAll('.', '_')
}

export function refuseTopicName(name: unknown): Refusal | undefined {
  const problem = problemOf(name)
  return problem === undefined ? undefined : {error: 'INVALID_TOPIC_EXCEPTION', message: problem}
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'a topic name is text'
  if (name === '') return 'a topic name is not empty'
  if (name === '.' || name === '..') return `a topic name is not '${name}'`
  if (name.length > LENGTH_MAX) return `a topic name has at most ${LENGTH_MAX} characters, not ${name.length}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `topic name '${name}' has other characters than letters, digits, . _ and -`
  return undefined
}
