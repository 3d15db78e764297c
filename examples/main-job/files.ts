import {createHash} from 'node:crypto'
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {BROKERS, PARTITIONS, TOPIC} from './plan.ts'

/** By partition: SHA-256 of its segments in each broker's dir that has it. */
export function hashesOfReplicas(dir: string): string[][] {
  return Array.from({length: PARTITIONS}, (_, partition) =>
    Array.from({length: BROKERS}, (_, i) => join(dir, `broker-${i + 1}`, `${TOPIC}-${partition}`))
      .filter(replica => existsSync(replica))
      .map(hashOfSegments),
  )
}

/** Names and contents. */
function hashOfSegments(replica: string): string {
  const hash = createHash('sha256')
  for (const name of segmentsIn(replica)) hash.update(name).update(readFileSync(join(replica, name)))
  return hash.digest('hex')
}

function segmentsIn(replica: string): string[] {
  return readdirSync(replica)
    .filter(name => name.endsWith('.log'))
    .sort()
}

export function bytesIn(dir: string): number {
  const files = readdirSync(dir, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
  return files.reduce((bytes, {parentPath, name}) => bytes + statSync(join(parentPath, name)).size, 0)
}
