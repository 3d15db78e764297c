/**
 * Appends records to segments of 1 KiB at full speed and prints what became of them, as JSON: `node roller.js DIR RECORDS`. From the package as it is
 * installed: Node.js reads the modules of the compiled tree all at once, which are more than the files that this process may have.
 */
const {openLog} = (await import('odradek' as string)) as typeof import('../../index.ts')

const [dir, count] = process.argv.slice(2)
const records = Number(count)
const log = await openLog(dir!, {durability: 'written', segmentBytes: 1024, retentionMs: -1})
const value = new Uint8Array(700).fill(7)
const refusals: string[] = []
const acknowledged: number[] = []
let segments = 0
for (let next = 0; next < records; ) {
  const sends: ReturnType<typeof log.send>[] = []
  for (let i = 0; i < 500 && next < records; i++, next++) sends.push(log.send({value}))
  for (const sent of await Promise.allSettled(sends)) {
    if (sent.status === 'fulfilled') acknowledged.push(sent.value.baseOffset)
    else refusals.push(`${sent.reason.code}${sent.reason.retriable === true ? ', retriable' : ''}`)
  }
  segments = Math.max(segments, log.metrics().segments)
}
await log.close()
console.log(JSON.stringify({refusals, acknowledged, segments}))
