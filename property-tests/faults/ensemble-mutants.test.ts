/**
 * Whether the tests of the ensemble can fail: mistakes that are easily made in such a protocol, one at a time, put into the compiled module.
 * Each must turn some history red, one of those written by hand or of the simulation's.
 */
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Sandbox} from '../mutation/sandbox.ts'

interface Mistake {
  readonly what: string
  readonly module: string
  /** What stands in the compiled module, once, and what stands there instead. */
  readonly from: string
  readonly to: string
}

/** Histories that chance does not find in a minute are written down there. */
const BY_HAND = 'engine/ensemble/ensemble.test.js'
const SIMULATION = 'property-tests/ensemble.test.js'
/** Histories until one has to be red. */
const RUNS = '3000'
const LIMIT_MS = 120_000

const MISTAKES: readonly Mistake[] = [
  {
    what: 'batches of an earlier epoch count as committed before one of its own does',
    module: 'ensemble-reign',
    from: 'end < this.#firstEnd || ',
    to: '',
  },
  {
    what: 'a log that was lost counts for the choice of what goes on',
    module: 'ensemble-reign',
    from: 'peer.hasPromised && peer.intact)',
    to: 'peer.hasPromised)',
  },
  {
    what: 'a log that was lost counts for what is committed',
    module: 'ensemble-reign',
    from: 'intact && matched !== undefined',
    to: 'matched !== undefined',
  },
  {
    what: 'a log that was lost counts again before it has everything',
    module: 'ensemble-reign',
    from: 'this.isServing && peer.matched.end >= peer.restoredAt',
    to: 'this.isServing',
  },
  {what: 'batches are confirmed before they are stored', module: 'follow', from: 'log.sync();', to: ''},
  {
    what: 'batches are confirmed before it is on record that they are stored',
    module: 'metadata-log',
    from: 'log.recordSync();',
    to: '',
  },
  {
    what: 'a deposed holder is listened to, and goes on',
    module: 'ensemble',
    from: 'quorum.refuses(epoch, from)',
    to: 'epoch < 0',
  },
  {
    what: 'a promise is not stored',
    module: 'quorum-state',
    from: 'this.#store({ epoch, holder, intact: this.intact })',
    to: 'this.#promised = { epoch, holder, intact: this.intact }',
  },
  {
    what: 'an epoch is promised to one, and in the next process to another',
    module: 'quorum-state',
    from: 'epoch === this.epoch && holder !== this.#promised.holder',
    to: 'false',
  },
  {
    what: 'whoever takes the lease goes on with its own log',
    module: 'ensemble-reign',
    from: 'isGreater(peer.last, best.last)',
    to: 'false',
  },
  {
    what: 'one less than a majority commits',
    module: 'ensemble-reign',
    from: '[this.#majority - 1]',
    to: '[this.#majority - 2]',
  },
  {
    what: 'one less than a majority chooses',
    module: 'ensemble-reign',
    from: 'Number(quorum.intact) < this.#majority',
    to: 'Number(quorum.intact) < this.#majority - 1',
  },
  {
    what: 'a coordinator that starts again goes on in the epoch of its earlier life',
    module: 'ensemble',
    from: 'isMine && lease.epoch > quorum.epoch',
    to: 'isMine',
  },
  {
    what: 'a batch is confirmed where another one is stored',
    module: 'metadata-batch',
    from: 'a.epoch === b.epoch && a.end === b.end;',
    to: 'a.end === b.end;',
  },
]

const sandbox = new Sandbox()
const read = (module: string): string =>
  fs.readFileSync(fileURLToPath(new URL(`../../${module}`, import.meta.url)), 'utf8')

for (const {what, module, from, to} of MISTAKES) {
  test(`noticed: ${what}`, async () => {
    const path = `engine/ensemble/${module}.js`
    const source = read(path)
    assert.is(source.split(from).length, 2, `${path} has, once: ${from}`)
    sandbox.write(path, source.replace(from, to))
    const isRed =
      (await sandbox.isRed(BY_HAND, LIMIT_MS, {})) || (await sandbox.isRed(SIMULATION, LIMIT_MS, {RUNS, SEED: '1'}))
    sandbox.write(path, source)
    assert.ok(isRed)
  })
}

test.run()
