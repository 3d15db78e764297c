/**
 * Tests that `npm test` has no time for, and how often each of them tries what it tries in `npm run test:faults`, which has: whole programs and processes, one after
 * the other, and counts that mean little where they are small.
 */
export const LEFT_TO_FAULTS: ReadonlyMap<string, number> = new Map([
  ['bench/bench.test.js', 1],
  ['examples/checkout/checkout.test.js', 1],
  ['property-tests/cli/cluster.test.js', 1],
  ['property-tests/cli/live.test.js', 1],
  ['property-tests/door/cluster-admin.test.js', 1],
  ['property-tests/door/closing.test.js', 5],
  ['property-tests/door/compaction.test.js', 1],
  ['property-tests/door/end-of-process.test.js', 1],
  ['property-tests/door/keep.test.js', 1],
  ['property-tests/door/owner.test.js', 10],
  ['property-tests/interleavings/schedules.test.js', 5000],
  ['property-tests/kafkajs/aborting.test.js', 1],
  ['property-tests/kafkajs/document.test.js', 1],
  ['property-tests/kafkajs/examples.test.js', 1],
  ['property-tests/kafkajs/kafka.test.js', 1],
  ['property-tests/kafkajs/rebalances.test.js', 10],
  ['property-tests/litmus/cluster-words.test.js', 1_000_000],
  ['property-tests/litmus/hand-offs.test.js', 200_000],
  ['property-tests/litmus/litmus.test.js', 1_000_000],
  ['property-tests/mutation/host.test.js', 1],
  ['property-tests/wire/clients.test.js', 1],
  ['property-tests/wire/peers.test.js', 100],
])
