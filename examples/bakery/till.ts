import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import type {Cluster} from 'odradek'

const LOOK_MS = 10

/**
 * Follows the file that the till writes: each line becomes a record, none twice and none missing after a restart, for where a line ends
 * in the file is stored with it.
 */
export async function followTill(cluster: Cluster, file: string): Promise<{stop(): Promise<void>}> {
  const topic = await cluster.partition('till')
  let end = 0
  topic.reader({from: {last: 1}}).poll(record => {
    end = Number(String(record.headers['end']))
  })
  let isRunning = true

  async function look(): Promise<void> {
    if (!fs.existsSync(file)) return
    const text = fs.readFileSync(file).subarray(end).toString()
    // what is behind the last line feed is still being written
    for (const line of text.split('\n').slice(0, -1)) {
      end += Buffer.byteLength(line) + 1
      const [product, price] = line.split(' ')
      await topic.send({
        key: product,
        value: JSON.stringify({product, price: Number(price)}),
        headers: {end: String(end)},
      })
    }
  }
  async function follow(): Promise<void> {
    while (isRunning) {
      await look()
      await setTimeout(LOOK_MS)
    }
    await look()
  }
  const following = follow()
  return {
    stop() {
      isRunning = false
      return following
    },
  }
}
