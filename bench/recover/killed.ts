/** Appends to a log, syncs a part of it, and is killed: prints nothing. */
import {openLog} from '../../index.ts'
import {appendAll} from '../append/odradek.ts'
import {bytesPayload} from '../append/payload.ts'

const [dir, synced, unsynced, segmentBytes] = process.argv.slice(2)
const log = await openLog(dir!, {durability: 'written', segmentBytes: Number(segmentBytes)})
const payload = bytesPayload('1 KiB', 1024)
await appendAll(log, payload, 0, Number(synced))
await log.flush({durability: 'synced'})
await appendAll(log, payload, Number(synced), Number(synced) + Number(unsynced))
process.kill(process.pid, 'SIGKILL')
