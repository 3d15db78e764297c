/**
 * Replicas of one partition whose leaders change, in the order that replicated logs have lost records in before (KIP-101, KIP-279, KIP-320):
 * histories that chance seldom finds.
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {systemError} from './simulation/memory-disk.ts'
import {oneRecord} from './simulation/partition.ts'
import {ReplicaSet} from './simulation/replica-set.ts'

/** Calls from here on that take something of what a host's log has; `look` sees all calls. */
function cutsOf(set: ReplicaSet, host: number, look: (kind: string, path: string) => void = () => {}): string[] {
  const cuts: string[] = []
  set.disk.intercept = (kind, path) => {
    look(kind, path)
    const isCut = kind === 'truncate' || kind === 'remove'
    if (isCut && path.startsWith(set.dirOf(host)) && path.endsWith('.log')) cuts.push(`${kind} ${path}`)
    return undefined
  }
  return cuts
}

test('who is started anew keeps what it has, though nobody has told it that it is committed', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  const answer = set.append(0, oneRecord(1), true)
  // the leader counts what the follower has, and the follower does not know of it
  for (const host of [0, 1, 0]) set.step(host)
  assert.is(answer(), 0)
  assert.equal(
    [0, 1].map(slot => set.row.replica(slot).highWatermark),
    [1, 0],
  )
  set.kill(1)
  set.start(1)
  const cuts = cutsOf(set, 1)
  set.settle()
  assert.equal(cuts, [])
  assert.is(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  assert.equal(
    [0, 1].map(slot => set.row.replica(slot).highWatermark),
    [1, 1],
  )
})

test('what a dead leader alone has gives way to what its successor has there, be it as much', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  const lost = set.append(0, oneRecord(2))
  set.step(0)
  assert.is(lost(), 1)
  set.kill(0)
  // nobody can read what it had
  set.disk.intercept = (kind, path) => {
    if (kind === 'open' && path.startsWith(`${set.dirOf(0)}/`)) throw systemError('EIO', path)
    return undefined
  }
  set.lead({leader: 1, isr: 0b110})
  set.settle()
  assert.is(set.row.replica(1).writtenEnd, 1)
  const kept = set.append(1, oneRecord(3))
  set.settle()
  assert.is(kept(), 1)
  set.disk.intercept = undefined
  set.start(0)
  set.settle()
  assert.is(set.row.replica(0).followedEpoch, set.row.leadership.leaderEpoch)
  assert.equal(set.logOf(0), set.logOf(1))
  assert.equal(set.logOf(2), set.logOf(1))
})

test('what is read of a leader that is deposed meanwhile cuts nothing', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  set.lead({leader: 1})
  set.step(1)
  assert.is(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  const epochs = `${set.dirOf(1)}/orders-0/leader-epoch-checkpoint`
  let wasRead = false
  const cuts = cutsOf(set, 2, (kind, path) => {
    if (wasRead || kind !== 'open' || path !== epochs) return
    wasRead = true
    // it has ended, and begun anew under another one
    set.lead({leader: 0, isr: 0b101})
    set.disk.put(epochs, Buffer.from('0\n1\n9 0\n'))
  })
  for (let i = 0; i < 20; i++) for (const host of [2, 0]) set.step(host)
  assert.equal([wasRead, cuts], [true, []])
  assert.equal(
    [0, 2].map(slot => set.row.replica(slot).writtenEnd),
    [1, 1],
  )
})

test('what was taken in a reign is written as that reign’s, whenever the leader is deposed', () => {
  let between = 0
  for (let look = 1; ; look++) {
    const set = new ReplicaSet({replicas: 2})
    set.lead({leader: 0, isr: 0b11})
    set.settle()
    const answers = [1, 2].map(n => set.append(0, oneRecord(n)))
    let looks = 0
    Object.defineProperty(set, 'nowMs', {
      get: () => {
        if (++looks === look) set.lead({leader: 1})
        return 0
      },
    })
    set.step(0)
    const isOver = looks < look
    set.settle()
    const [first, second] = answers.map(answer => answer())
    assert.ok([0, 'NOT_LEADER_OR_FOLLOWER'].includes(first!), `${first}`)
    if (first === 0 && second !== 1) between++
    const end = set.row.replica(1).writtenEnd
    assert.ok(end >= [first, second].filter(Number.isInteger).length)
    assert.is(set.row.replica(0).writtenEnd, end)
    assert.equal(set.logOf(0), set.logOf(1))
    if (isOver) break
  }
  assert.ok(between > 0, 'among these moments is one between two batches of a run')
})

test.run()
