import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {HELP, parseOptions, UsageError} from './options.ts'

test('what is not said has a default', () => {
  assert.equal(parseOptions([]), {dir: undefined, durability: 'synced', perSecond: undefined, records: 300_000})
  assert.equal(parseOptions(['--records', '1000', '--rate=5', '--dir', 'd', '--durability', 'written']), {
    dir: 'd',
    durability: 'written',
    perSecond: 5,
    records: 1000,
  })
})

test('help tells the options', () => {
  assert.is(parseOptions(['--help']), undefined)
  for (const option of ['--dir', '--durability', '--rate', '--records']) assert.match(HELP, option)
})

for (const [args, message] of [
  [['--speed', '1'], /Unknown option '--speed'.*try --help/],
  [['--durability', 'hoped'], /--durability is written or synced, not hoped/],
  [['--rate', '1e3'], /--rate is a whole number from 1 to 1000000, not 1e3/],
  [['--records', '300001'], /--records is a whole number from 1000 to 300000, not 300001/],
  [['--dir='], /--dir is the path of a directory/],
] as const) {
  test(`refused: ${args.join(' ')}`, () => {
    assert.throws(
      () => parseOptions(args),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    )
  })
}

test.run()
