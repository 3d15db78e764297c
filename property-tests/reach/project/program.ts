/** What a user's program does, in small: every door of a log is used once, and every kind of thread is started. Copied into the projects that `run.ts` makes. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {Worker} from 'node:worker_threads'
import {type LogMetrics, type OpenLog, openLog} from 'odradek'

/** `attach` is the script of a worker that attaches, `attach.ts`; `workerEntry` is passed on. Throws where something is not as it should be. */
export async function reach(attach: string, workerEntry?: URL): Promise<LogMetrics> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-reach-'))
  const options = {segmentBytes: 1024, ...(workerEntry === undefined ? {} : {workerEntry})}
  const dir = path.join(home, 'log of a project, 100% new')
  const log = await openLog(dir, options)
  for (let i = 0; i < 100; i++) {
    log.append({key: `key ${i}`, value: `appended ${i}`, headers: {number: String(i)}})
    if (i % 3 === 0) await log.flush()
  }
  const {baseOffset, durability} = await log.send(['sent', Buffer.from('sent too')])
  expect(baseOffset === 100 && durability === 'synced', `sent at ${baseOffset}, ${durability}`)

  const worker = new Worker(attach, {workerData: log.handle})
  const code = await new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', resolve)
  })
  expect(code === 0, `the worker ended with ${code}`)
  await expectRecords(log)

  const {ok, segments} = await log.verify()
  expect(ok && segments.length > 3, `verify: ${ok}, ${segments.length} segments`)
  const copy = path.join(home, 'copy')
  // what tells the replica what was synced stays behind: all segments are read in full then, several at a time
  fs.cpSync(dir, copy, {
    recursive: true,
    filter: file => !/^(\.lock|synced-end|.*checkpoint)$/.test(path.basename(file)),
  })
  const metrics = log.metrics()
  await log.close()

  const recovered = await openLog(copy, options)
  const {clean, scannedSegments} = recovered.recovered
  expect(!clean && scannedSegments > 1, `recovered: ${clean}, ${scannedSegments} segments`)
  await expectRecords(recovered)
  await recovered.close()
  fs.rmSync(home, {recursive: true})
  return metrics
}

async function expectRecords(log: OpenLog): Promise<void> {
  const seen: string[] = []
  for await (const record of log.reader()) seen.push(record.text())
  const words = [seen[0], seen[99], ...seen.slice(100)].join(', ')
  expect(words === 'appended 0, appended 99, sent, sent too, from a worker', words)
}

function expect(holds: boolean, words: string): void {
  if (!holds) throw new Error(words)
}
