import {bytesPayload} from './append/payload.ts'
import {Senders} from './append-threads/senders.ts'
import type {Case} from './harness/case.ts'
import {OURS} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import {ourRows, plainRow} from './harness/row.ts'
import {LIMIT} from './limits/yardsticks.ts'

const PLACE = {case: 'append-threads', level: 'written'} as const
const BEFORE_BYTES = {full: 100 << 20, quick: 64 << 20, tiny: 0}
const ONE_SENDER = 'odradek, one sender'

export const appendThreads: Case = {
  name: 'append-threads',
  question: 'Do two threads that append to one partition reach what one reaches?',
  method:
    'Workers attach to the log by its handle and append in the loop of `append`: one worker all of the records, or two of them half each. With two senders and the replica ' +
    'thread there are three busy threads. Each sender’s order is checked record by record.',
  async run(context) {
    const {pick} = context.scale
    const before = Math.round(pick(BEFORE_BYTES) / bytesPayload('', 100).recordBytes)
    const total = pick({full: 4_000_000, quick: 1_500_000, tiny: 3000})
    const senders = new Senders(2)
    try {
      context.progress('one sender, two senders')
      const results = await measureRounds(
        [
          senders.appendTogether(OURS, {senders: 2, before, total}, context),
          senders.appendTogether(ONE_SENDER, {senders: 1, before, total}, context),
        ],
        context,
      )
      const [ours, one] = [OURS, ONE_SENDER].map(name => results.filter(({subject}) => subject === name))
      return [
        ...ours!.flatMap(result =>
          ourRows(
            PLACE,
            result,
            one!.filter(({unit}) => unit === result.unit),
            context.yardsticks.shares(result.value, result.unit, LIMIT.build, LIMIT.write),
          ),
        ),
        ...one!.map(result => plainRow(PLACE, result)),
      ]
    } finally {
      await senders.stop()
    }
  },
}
