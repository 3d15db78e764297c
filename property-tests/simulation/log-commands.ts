import assert from 'node:assert/strict'
import type {Command} from 'fast-check'
import {OdradekError} from '../../engine/errors.ts'
import {SUFFIX} from '../../engine/log/segment-files.ts'
import {stampAppendTime} from '../../engine/record/record-batch.ts'
import {checkRead, type LogBed, type Readers} from './log-bed.ts'
import type {LogModel} from './log-model.ts'
import {systemError} from './memory-disk.ts'
import {buildBatch, describe, readAll, stored, viewOf} from './partition.ts'
import {Reached} from './reached.ts'

export const reached = new Reached([
  'rolled by bytes',
  'rolled by time',
  'rolled by full index',
  'rolled by hand',
  'roll failed',
  'refused as too large',
  'larger than a window',
  'read from the arena',
  'read from a file',
  'read across segments',
  'window recycled',
  'truncated within a segment',
  'truncated across segments',
  'truncated below the synced end',
  'retention by time',
  'retention by bytes',
  'retention of deleted records',
  'retention of all segments',
  'log start moved',
  'synced',
  'synced beside appends',
  'synced rolled segments only',
  'sync failed',
  'commit failed',
  'commit failed, stray tail left',
  'reloaded clean',
  'reloaded after a kill',
  'reloaded after a power loss',
  'torn tail cut',
  'records lost that were not synced',
])

export type LogCommand = Command<LogModel, LogBed>

/** A step of the log and its model; every step ends with a check of everything. */
function step(
  name: string,
  run: (model: LogModel, bed: LogBed) => void,
  check: (model: LogModel) => boolean = () => true,
): LogCommand {
  return {
    check,
    run(model, bed) {
      run(model, bed)
      bed.check(model)
    },
    toString: () => name,
  }
}

const isRunning = (model: LogModel): boolean => !model.isFailed

/** An offset of the log, as a share of its length. */
function offsetAt(from: number, to: number, share: number): number {
  return Math.min(to, from + Math.floor((to - from + 1) * share))
}

/** Something that could fail has ended: either all that was staged is written, or all of it is forgotten. */
function settle(model: LogModel, bed: LogBed): void {
  if (bed.log.stagedEnd !== bed.log.logEndOffset) return
  if (bed.log.logEndOffset === model.stagedEnd) model.commit()
  else model.loseStaged()
}

/** Ends the sync under way, if there is one. */
function finishSync(model: LogModel, bed: LogBed): void {
  if (bed.job !== undefined && bed.job.end < model.end) reached.add('synced beside appends')
  bed.endSync(model)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof OdradekError && error.code === code
}

export const append = (shape: {timeDeltas: readonly number[]; valueBytes: number; waitMs: number}): LogCommand =>
  step(`append(${JSON.stringify(shape)})`, (model, bed) => {
    const {config} = bed.partition
    model.nowMs += shape.waitMs
    const timestamps = shape.timeDeltas.map(delta => model.nowMs + delta)
    const batch = buildBatch({timestamps, valueBytes: shape.valueBytes, seed: model.stagedEnd})
    const before = bed.log.segments.at(-1)!
    const first = [...model.batches, ...model.staged].find(({baseOffset}) => baseOffset >= before.baseOffset)
    try {
      assert.equal(bed.log.append(batch, model.nowMs), model.stagedEnd)
    } catch (error) {
      if (model.isFailed) {
        assert.ok(isCode(error, 'KAFKA_STORAGE_ERROR'))
        return
      }
      assert.ok(isCode(error, 'MESSAGE_TOO_LARGE') && batch.length > config.segmentBytes)
      reached.add('refused as too large')
      settle(model, bed)
      return
    }
    assert.ok(!model.isFailed, 'a log whose sync failed takes nothing')
    if (batch.length > bed.windowBytes) reached.add('larger than a window')
    const copy = Buffer.from(batch)
    if (config.messageTimestampType === 'LogAppendTime') stampAppendTime(viewOf(copy), 0, model.nowMs)
    const taken = describe(stored(copy, model.stagedEnd))
    const after = bed.log.segments.at(-1)!
    if (after.baseOffset !== before.baseOffset) {
      if (before.size + batch.length > config.segmentBytes) reached.add('rolled by bytes')
      else if (first !== undefined && taken.maxTimestamp - first.maxTimestamp > config.segmentMs)
        reached.add('rolled by time')
      else if (first !== undefined) reached.add('rolled by full index')
      model.commit()
    }
    if (bed.log.logEndOffset === model.stagedEnd) model.commit()
    model.staged.push(taken)
  })

export const commit = (): LogCommand =>
  step('commit', (model, bed) => {
    if (model.isFailed && model.staged.length > 0) {
      assert.throws(() => bed.log.commit())
      model.loseStaged()
      return
    }
    bed.log.commit()
    model.commit()
    model.highWatermark = Math.max(model.highWatermark, model.batches.at(-6)?.nextOffset ?? 0)
    const firstShown = bed.firstInArena()
    if (firstShown !== undefined && firstShown > bed.log.segments.at(-1)!.baseOffset) reached.add('window recycled')
  })

export const raiseHighWatermark = (): LogCommand =>
  step('raiseHighWatermark', model => {
    model.highWatermark = model.end
  })

export const roll = (): LogCommand =>
  step(
    'roll',
    (model, bed) => {
      const {segmentCount} = bed.log
      bed.log.roll()
      model.commit()
      if (bed.log.segmentCount > segmentCount) reached.add('rolled by hand')
    },
    isRunning,
  )

export const rollFails = (nth: number, code: string): LogCommand =>
  step(
    `rollFails(${nth}, ${code})`,
    (model, bed) => {
      const {segmentCount} = bed.log
      const {error, failed} = bed.withFault({kind: 'any', nth, fails: code}, () => bed.log.roll())
      settle(model, bed)
      // a stray tail that was cut could not be synced
      model.isFailed = failed?.kind === 'sync' && failed.path.endsWith(SUFFIX.log)
      if (error === undefined) return
      assert.ok(error instanceof OdradekError, String(error))
      assert.equal(bed.log.segmentCount, segmentCount)
      reached.add('roll failed')
    },
    isRunning,
  )

export const read = (kind: keyof Readers, share: number, goOn: boolean): LogCommand =>
  step(`read(${kind}, ${share}, ${goOn})`, (model, bed) => {
    const reader = bed.reader(kind)
    const limit = model.highWatermark
    if (limit <= model.start) return
    const wanted = offsetAt(model.start, limit - 1, share)
    const offset = goOn && reader.nextOffset >= model.start && reader.nextOffset <= limit ? reader.nextOffset : wanted
    const isFromFile = bed.readsFiles(() => checkRead(reader, model, offset, limit))
    if (offset >= limit) return
    reached.add(isFromFile ? 'read from a file' : 'read from the arena')
    const segments = bed.log.segments.filter(({baseOffset}) => baseOffset > offset && baseOffset < limit)
    if (segments.length === 0) return
    const files = bed.reader('files')
    for (let at = offset; at < limit; at = files.nextOffset) checkRead(files, model, at, limit)
    reached.add('read across segments')
  })

export const truncate = (share: number): LogCommand =>
  step(
    `truncate(${share})`,
    (model, bed) => {
      finishSync(model, bed)
      bed.log.commit()
      model.commit()
      const offset = offsetAt(model.highWatermark, model.end, share)
      const {baseOffset} = bed.log.segments.at(-1)!
      if (offset < model.end) {
        reached.add(offset < baseOffset ? 'truncated across segments' : 'truncated within a segment')
        if (offset < bed.log.syncedEnd) reached.add('truncated below the synced end')
        model.cut(model.batches.find(batch => batch.nextOffset > offset)!.baseOffset)
      }
      bed.log.truncateTo(offset)
    },
    isRunning,
  )

export const deleteRecords = (share: number): LogCommand =>
  step(`deleteRecords(${share})`, (model, bed) => {
    const start = offsetAt(model.start, model.highWatermark, share)
    if (start > model.start) reached.add('log start moved')
    bed.log.moveLogStart(start)
    model.moveStart(start)
  })

export const retain = (waitMs: number, isReplicated: boolean): LogCommand =>
  step(`retain(${waitMs}, ${isReplicated})`, (model, bed) => {
    model.nowMs += waitMs
    bed.disk.nowMs = model.nowMs
    if (isReplicated && !model.isFailed) {
      bed.log.commit()
      model.commit()
      model.highWatermark = model.end
    }
    const {log, partition} = bed
    const {retentionMs, retentionBytes} = partition.config
    const before = log.segments
    let total = log.bytes
    const {logStartOffset, count} = log.expired(model.highWatermark, model.nowMs)
    settle(model, bed)
    assert.ok(
      logStartOffset >= model.start && logStartOffset <= model.highWatermark,
      'the log start moves within bounds',
    )
    const {segments} = log
    for (const [i, {baseOffset, size}] of segments.slice(0, count).entries()) {
      const end = segments[i + 1]!.baseOffset
      const newest = Math.max(-1, ...model.between(baseOffset, end).map(batch => batch.maxTimestamp))
      const tooOld = retentionMs >= 0 && model.nowMs - newest > retentionMs
      const tooMuch = retentionBytes >= 0 && total - size >= retentionBytes
      const isBelow = end <= model.start
      assert.ok(tooOld || tooMuch || isBelow, `segment ${baseOffset} goes for a reason`)
      if (isBelow) reached.add('retention of deleted records')
      else reached.add(tooMuch ? 'retention by bytes' : 'retention by time')
      total -= size
    }
    if (segments.length > before.length) reached.add('retention of all segments')
    log.moveLogStart(logStartOffset)
    model.moveStart(logStartOffset)
    log.dropSegments(count)
  })

export const sync = (): LogCommand =>
  step(
    'sync',
    (model, bed) => {
      finishSync(model, bed)
      if (bed.log.needsSync) reached.add('synced')
      bed.log.sync()
      assert.equal(bed.log.syncedEnd, model.end)
      model.confirmSynced(model.end)
    },
    isRunning,
  )

export const beginSync = (rolledOnly: boolean): LogCommand =>
  step(
    `beginSync(${rolledOnly})`,
    (model, bed) => {
      finishSync(model, bed)
      if (!bed.log.needsSync || (rolledOnly && !bed.log.hasRolled)) return
      if (rolledOnly) reached.add('synced rolled segments only')
      bed.beginSync(rolledOnly)
    },
    isRunning,
  )

export const endSync = (): LogCommand => step('endSync', finishSync)

export const syncFails = (nth: number): LogCommand =>
  step(
    `syncFails(${nth})`,
    (model, bed) => {
      finishSync(model, bed)
      const {error, failed} = bed.withFault({kind: 'sync', nth, fails: 'EIO'}, () => bed.log.sync())
      if (failed === undefined) {
        model.confirmSynced(bed.log.syncedEnd)
        return
      }
      assert.ok(isCode(error, 'KAFKA_STORAGE_ERROR'), String(error))
      model.isFailed = true
      reached.add('sync failed')
    },
    isRunning,
  )

export const commitFails = (bytes: number, alsoTruncate: boolean): LogCommand =>
  step(
    `commitFails(${bytes}, ${alsoTruncate})`,
    (model, bed) => {
      if (model.staged.length === 0) append({timeDeltas: [0], valueBytes: 50, waitMs: 0}).run(model, bed)
      let written = 0
      let truncated = 0
      bed.disk.intercept = (kind, path) => {
        // the disk is full: a short write, then writes of nothing
        if (kind === 'write' && path.endsWith('.log')) return written++ === 0 ? bytes : 0
        if (kind === 'truncate' && alsoTruncate && truncated++ === 0) throw systemError('EIO', path)
        return undefined
      }
      let error: unknown
      try {
        bed.log.commit()
      } catch (caught) {
        error = caught
      }
      bed.disk.intercept = undefined
      if (error === undefined) {
        model.commit()
        return
      }
      assert.ok(isCode(error, 'DISK_FULL') || truncated > 0, String(error))
      reached.add(alsoTruncate ? 'commit failed, stray tail left' : 'commit failed')
      model.loseStaged()
    },
    isRunning,
  )

export const closeAndReload = (powerLoss: boolean): LogCommand =>
  step(
    `closeAndReload(${powerLoss})`,
    (model, bed) => {
      finishSync(model, bed)
      bed.log.close()
      model.commit()
      model.confirmSynced(model.end)
      bed.closeReaders()
      assert.equal(bed.disk.openFiles, 0, 'a closed log leaves no file open')
      bed.crash(powerLoss ? {changes: () => 0, bytes: () => 0} : undefined)
      bed.reload({clean: true, recoveryPoint: model.end, logStartOffset: model.start})
      bed.verify(model)
      reached.add('reloaded clean')
    },
    isRunning,
  )

export const kill = (): LogCommand =>
  step('kill', (model, bed) => {
    const {end} = model
    bed.crash(undefined)
    bed.reload({clean: false, recoveryPoint: 0, logStartOffset: model.start})
    recover(model, bed)
    assert.ok(model.end >= end, 'what was written is kept when a process ends')
    assert.ok(bed.log.syncedEnd >= model.onRecord, 'what was acknowledged as synced is on record')
    reached.add('reloaded after a kill')
  })

export const losePower = (salt: number): LogCommand =>
  step(`losePower(${salt})`, (model, bed) => {
    const share = (path: string, of: number): number => {
      const draw = hash(`${salt}${path}`) % 6
      return draw === 0 ? 0 : draw === 1 ? of : hash(`${path}${salt}`) % (of + 1)
    }
    bed.crash({changes: (count, path) => share(path, count), bytes: (count, path) => share(`${path}!`, count)})
    bed.reload({clean: false, recoveryPoint: 0, logStartOffset: model.start})
    recover(model, bed)
    model.onRecord = bed.log.syncedEnd
    reached.add('reloaded after a power loss')
  })

/** The log was loaded after a crash: it ends where it may. */
function recover(model: LogModel, bed: LogBed): void {
  const {log, verdict} = bed.partition
  if (verdict.cut !== undefined) reached.add('torn tail cut')
  if (log.logEndOffset < model.end) reached.add('records lost that were not synced')
  const was = `[${model.start}, ${model.end}), synced ${model.synced}`
  const found = readAll(bed.partition.filesOnly, log.logStartOffset, log.logEndOffset)
  assert.ok(model.recover(log.logEndOffset, found), `the log ends at ${log.logEndOffset}, it was ${was}`)
  bed.verify(model)
}

function hash(text: string): number {
  let value = 2166136261
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0
  return value >>> 3
}
