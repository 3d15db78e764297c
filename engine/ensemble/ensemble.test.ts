import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Chance} from '../../property-tests/faults/chance.ts'
import {EnsembleBed, SESSION_MS} from '../../property-tests/simulation/ensemble-bed.ts'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {OdradekError} from '../errors.ts'
import {type CoordinatorDir, ensureNamed, prepareCoordinators} from './coordinator-dirs.ts'
import {QuorumState} from './quorum-state.ts'

type Member = EnsembleBed['members'][number]

/** An ensemble that has a holder and has agreed on a change. */
function started(count: number): EnsembleBed {
  const bed = new EnsembleBed(count, new Chance(7))
  for (const member of bed.members) bed.start(member)
  bed.settle()
  assert.is(bed.holder?.id, 1)
  commit(bed)
  return bed
}

function commit(bed: EnsembleBed): void {
  const {length} = bed.ledger
  bed.propose(bed.holder!, 1)
  bed.settle()
  assert.is(bed.ledger.length, length + 1)
}

/** Time passes in small steps, for whoever is not stalled. */
function pass(bed: EnsembleBed, ms: number): void {
  for (let passed = 0; passed < ms; passed += 20) {
    bed.nowMs += 20
    bed.settle()
  }
}

const others = (bed: EnsembleBed, member: Member): Member[] => bed.members.filter(other => other !== member)

for (const count of [1, 3, 5]) {
  test(`${count} serve from the first round on`, () => {
    const bed = started(count)
    pass(bed, 3 * SESSION_MS)
    assert.equal(
      bed.members.map(({image}) => image.nextRow),
      Array.from({length: count}, () => 1),
    )
    assert.is(bed.holder!.ensemble!.epoch, 1)
    for (const member of bed.members) {
      const due = member.ensemble!.dueInMs(bed.nowMs)
      assert.ok(due > 0 && due <= SESSION_MS / 4, `with nothing to do it sleeps, but beats: ${due}`)
    }
  })
}

test('a holder that dies is followed at once, one that closes as well', () => {
  for (const end of ['kill', 'close'] as const) {
    const bed = started(3)
    const {holder} = bed
    if (end === 'close') holder!.ensemble!.close()
    bed.kill(holder!)
    bed.settle()
    assert.is(bed.holder!.ensemble!.epoch, 2)
    commit(bed)
    bed.start(holder!)
    bed.settle()
    assert.is(holder!.image.nextRow, 2)
  }
})

test('a holder that stalls is followed after a session; awake again it commits nothing', () => {
  const bed = started(3)
  const holder = bed.holder!
  bed.propose(holder, 3)
  holder.stalledUntil = bed.nowMs + 2 * SESSION_MS
  pass(bed, SESSION_MS - 100)
  assert.is(bed.holder, undefined)
  pass(bed, 200)
  assert.is(bed.holder!.ensemble!.epoch, 2)
  commit(bed)
  assert.not(holder.ensemble!.isHolder)
  pass(bed, 2 * SESSION_MS)
  assert.equal([holder.ensemble!.isHolder, holder.image.nextRow, bed.ledger.length], [false, 2, 2])
})

test('a process that was stopped for long is no failure', () => {
  const bed = started(3)
  bed.nowMs += 10 * SESSION_MS
  for (const member of others(bed, bed.holder!)) bed.run(member)
  bed.settle()
  assert.is(bed.map.lease.read().epoch, 1)
  commit(bed)
})

test('without a majority nothing is committed and nobody serves anew; with one back it goes on', () => {
  const bed = started(5)
  const holder = bed.holder!
  const [a, b, c, d] = others(bed, holder)
  bed.kill(a!)
  bed.kill(b!)
  commit(bed)
  bed.kill(c!)
  bed.propose(holder, 1)
  pass(bed, 3 * SESSION_MS)
  assert.is(bed.ledger.length, 2)
  bed.kill(holder)
  pass(bed, 3 * SESSION_MS)
  assert.equal([bed.holder, bed.map.lease.read().holder], [undefined, d!.id], 'it holds, but has no promises')
  bed.start(a!)
  pass(bed, SESSION_MS)
  assert.is(bed.holder, undefined)
  bed.start(b!)
  pass(bed, SESSION_MS)
  assert.ok(bed.holder !== undefined)
  commit(bed)
})

test('who has promised an epoch to one promises it to nobody else, in no later process either', () => {
  const bed = started(3)
  const [first, second, third] = bed.members as [Member, Member, Member]
  bed.kill(second)
  bed.kill(third)
  bed.propose(first, 1)
  bed.run(first)
  bed.loseAllPower()
  bed.start(first)
  bed.start(third)
  // it begins an epoch of which only a promise is with another one
  bed.run(first)
  bed.read(third)
  bed.read(first)
  bed.run(first)
  bed.run(first)
  const {last, quorum} = first.log!
  assert.equal([last.epoch, quorum.epoch, third.log!.quorum.epoch, third.log!.last.epoch], [2, 2, 2, 1])
  bed.loseAllPower()
  bed.start(second)
  bed.start(third)
  pass(bed, SESSION_MS)
  commit(bed)
  bed.start(first)
  pass(bed, SESSION_MS)
  assert.equal(
    bed.members.map(({image}) => image),
    [third.image, third.image, third.image],
  )
  assert.is(bed.holder!.ensemble!.epoch, 3)
})

test('of two that are left, one without its log, none serves: what was committed may be in neither', () => {
  const bed = started(3)
  const [holder, lost, lagging] = bed.members as [Member, Member, Member]
  bed.kill(lagging)
  commit(bed)
  bed.kill(holder)
  bed.kill(lost)
  bed.wipe(lost)
  bed.start(lost)
  bed.start(lagging)
  pass(bed, 5 * SESSION_MS)
  assert.equal([bed.holder, lost.ensemble!.isIntact, lagging.ensemble!.isIntact], [undefined, false, true])
  for (const member of [lost, lagging]) assert.ok(member.ensemble!.dueInMs(bed.nowMs) > 0, 'waiting, they sleep')
  lagging.ensemble!.close()
  bed.kill(lagging)
  assert.ok(lost.ensemble!.dueInMs(bed.nowMs) > 0, 'nor is it up to the one without a log')
  bed.start(lagging)
  bed.start(holder)
  pass(bed, SESSION_MS)
  commit(bed)
  assert.equal(
    bed.members.map(({ensemble, image}) => [ensemble!.isIntact, image.nextRow]),
    Array.from({length: 3}, () => [true, bed.ledger.length]),
  )
  assert.is(bed.ledger.length, 3)
})

test('a log that was lost is filled again, from the log or by a snapshot, and counts again', () => {
  for (const changes of [5, 50]) {
    const bed = started(3)
    const lost = bed.members[2]!
    for (let i = 0; i < changes; i++) commit(bed)
    bed.kill(lost)
    bed.wipe(lost)
    bed.start(lost)
    assert.not(lost.ensemble!.isIntact)
    pass(bed, SESSION_MS)
    assert.equal([lost.ensemble!.isIntact, lost.image.nextRow], [true, bed.ledger.length])
    bed.kill(bed.members[0]!)
    pass(bed, 2 * SESSION_MS)
    commit(bed)
  }
})

test('a holder whose disk fails gives the lease away', () => {
  const bed = started(3)
  const holder = bed.holder!
  holder.disk.intercept = kind => {
    if (kind === 'sync') throw Object.assign(new Error('EIO'), {code: 'EIO'})
    return undefined
  }
  bed.propose(holder, 1)
  bed.run(holder)
  assert.is(holder.ensemble, undefined, 'it has failed, and was ended')
  bed.settle()
  assert.ok(bed.holder !== undefined)
  commit(bed)
})

/** One letter, one round, of each of `members` in turn; `look` after each. */
function step(bed: EnsembleBed, members: readonly Member[], look: () => void): void {
  for (let rounds = 0; rounds < 60; rounds++) {
    bed.nowMs += 20
    for (const member of members) {
      bed.read(member)
      bed.run(member)
      look()
    }
  }
}

test('a batch of an earlier epoch is committed with the first of the new one, not before', () => {
  const bed = started(3)
  bed.letterChanges = 1
  const holder = bed.holder!
  const before = holder.ensemble!.committedEnd
  bed.propose(holder, 1)
  bed.run(holder)
  for (const member of others(bed, holder)) member.inbox = []
  bed.kill(holder)
  bed.start(holder)
  step(bed, [holder, ...others(bed, holder)].slice(0, 2), () => {
    const {committedEnd} = holder.ensemble!
    assert.ok(committedEnd <= before || committedEnd >= before + 2, `committed up to ${committedEnd}`)
  })
  assert.is(holder.ensemble!.committedEnd, before + 2)
})

test('a log that was lost counts again when it has everything, and for nothing before', () => {
  for (const isTold of [true, false]) {
    const bed = new EnsembleBed(5, new Chance(7))
    bed.letterChanges = 1
    bed.snapshotChanges = 1000
    for (const member of bed.members) bed.start(member)
    bed.settle()
    for (let i = 0; i < 5; i++) commit(bed)
    const [holder, second, lost, ...rest] = bed.members as [Member, Member, Member, ...Member[]]
    for (const member of [...rest, lost]) bed.kill(member)
    bed.wipe(lost)
    bed.start(lost)
    bed.propose(holder, 1)
    step(bed, [holder, second, lost], () => {
      if (!isTold) lost.inbox = lost.inbox.filter(({body}) => (body as {ensemble: string}).ensemble !== 'restored')
      if (!lost.ensemble!.isIntact) assert.is(bed.ledger.length, 5, 'two of five are no majority')
      else assert.is(lost.log!.last.end, holder.log!.last.end)
    })
    assert.equal([lost.ensemble!.isIntact, bed.ledger.length], isTold ? [true, 6] : [false, 5])
  }
})

/** Turns the last byte of its log. */
function damageLast(member: Member): void {
  const [path, bytes] = [...member.disk.contents()].find(([name, {length}]) => name.endsWith('.log') && length > 0)!
  bytes[bytes.length - 1]! ^= 0x55
  member.disk.put(path, bytes)
}

test('a batch counts when the record of its sync is written: damaged without one, it would pass for a torn tail', () => {
  for (const times of [1, Number.POSITIVE_INFINITY]) {
    const bed = started(3)
    const [damaged, lagging, other] = bed.members as [Member, Member, Member]
    bed.kill(lagging)
    let left = times
    damaged.disk.intercept = (kind, path) => {
      if (kind === 'write' && path.endsWith('synced-end') && left-- > 0) throw systemError('EIO', path)
      return undefined
    }
    bed.propose(damaged, 1)
    pass(bed, 3 * SESSION_MS)
    const isCommitted = bed.ledger.length === 2
    bed.kill(damaged)
    damageLast(damaged)
    bed.start(damaged)
    bed.kill(other)
    bed.start(lagging)
    pass(bed, 3 * SESSION_MS)
    const serves = bed.holder !== undefined
    // two of three, one of which may have forgotten what it acknowledged: whatever they agree on is held against the ledger
    if (serves) commit(bed)
    assert.equal([isCommitted, serves], times === 1 ? [true, false] : [false, true])
    bed.start(other)
    pass(bed, SESSION_MS)
    commit(bed)
    assert.equal(
      bed.members.map(({image}) => image.nextRow),
      Array.from({length: 3}, () => bed.ledger.length),
    )
  }
})

test('a letter of another kind is left to others', () => {
  const bed = started(1)
  const letter = {from: 'broker-1', to: 'coordinators', body: {type: 'something'}}
  assert.not(bed.holder!.ensemble!.handle(letter, bed.nowMs))
  assert.not(bed.holder!.ensemble!.handle({...letter, body: null}, bed.nowMs))
})

function dirs(count: number): CoordinatorDir[] {
  return Array.from({length: count}, (_, i) => ({id: i + 1, storage: new MemoryDisk(), path: '/c'}))
}

const hasLost = ({storage, path}: CoordinatorDir) => QuorumState.read(storage, path)?.intact === false

test('a new ensemble is named at once; a dir that is new among others was lost', () => {
  const all = dirs(3)
  assert.is(prepareCoordinators(all, 'first'), 'first')
  assert.is(prepareCoordinators(all, 'second'), 'first')
  assert.not(all.some(hasLost))
  const [first] = all
  QuorumState.create(first!.storage, first!.path, {epoch: 1, intact: true})
  const replaced = [all[0]!, all[1]!, dirs(3)[2]!]
  assert.is(prepareCoordinators(replaced, 'third'), 'first')
  assert.equal(replaced.map(hasLost), [false, false, true])
})

test('cut off while the dirs are named, they are named the next time, and none counts as lost', () => {
  for (let calls = 0; ; calls++) {
    const all = dirs(3)
    let left = calls
    for (const {storage} of all) {
      ;(storage as MemoryDisk).intercept = () => {
        if (left-- <= 0) throw Object.assign(new Error('EIO'), {code: 'EIO'})
        return undefined
      }
    }
    let isWhole = true
    try {
      prepareCoordinators(all, 'first')
    } catch {
      isWhole = false
    }
    for (const {storage} of all) {
      const disk = storage as MemoryDisk
      disk.intercept = undefined
      disk.losePower({changes: () => 0, bytes: () => 0})
    }
    prepareCoordinators(all, 'first')
    assert.not(all.some(hasLost))
    if (isWhole) return
  }
})

test('dirs of another cluster, or of another coordinator, are refused', () => {
  const [a, b] = [dirs(2), dirs(2)]
  prepareCoordinators(a, 'first')
  prepareCoordinators(b, 'second')
  const foreign = (error: unknown) => error instanceof OdradekError && error.code === 'FOREIGN_DIR'
  assert.throws(() => prepareCoordinators([a[0]!, b[1]!], 'third'), foreign)
  assert.throws(() => prepareCoordinators([{...a[0]!, id: 2}], 'third'), foreign)
  assert.throws(() => ensureNamed(a[0]!, 'second'), foreign)
  ensureNamed(a[0]!, 'first')
  const blank = dirs(1)[0]!
  ensureNamed(blank, 'first')
  assert.ok(hasLost(blank))
})

test.run()
