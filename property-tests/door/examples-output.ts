/** What each example prints, when it runs for the first time and on what it has left. */
export type Printed = Readonly<Record<string, (run: number) => string[]>>

const LINES = ['started', 'working', 'half a line', 'stopped']

export const ON_A_LOG: Printed = {
  'audit-trail': run => [`${3 * (run + 1)} entries, each bound to the one before it: true`, 'files are whole: true'],
  outbox: run => [`delivered from ${2 * run} on: message-${2 * run} bread, message-${2 * run + 1} salt`],
  'event-sourcing': run => [
    `balance ${250 * (run + 1)}, the same when loaded anew: true`,
    `loading read ${50 * ((run + 1) % 2)} of ${250 * (run + 1)} events`,
  ],
  'tail-file': run => [`${4 * (run + 1)} lines: ${Array.from({length: run + 1}, () => LINES.join(' | ')).join(' | ')}`],
  'append-and-read': run => [
    `./data/orders has ${run * 100_003} records`,
    `the payment has offset ${run * 100_003 + 2} and is synced`,
    `${run * 100_003 + 1} { item: 'spool', count: 3 } shop`,
    `${run * 100_003 + 2} { paid: true } no source`,
    `read ${(run + 1) * 100_003} records, ${(run + 1) * 488_943} bytes of values`,
  ],
  'flight-recorder': () => [
    'the program ended by SIGKILL, not as it should; its last words:',
    '  climbing 9980',
    '  climbing 9990',
    '  on fire 2',
  ],
  follow: run => [
    ...['one', 'two', 'three'].map((word, i) => `handled ${run * 4 + i} ${word}`),
    'stopped behind 3',
    `handled ${run * 4 + 3} four`,
    'stopped behind 4',
  ],
  threads: () => ["saw 20000 + 20000 + 20000 records, each producer's in its order"],
  'time-travel': run => [
    `first record from half past six on: ${[7, 24][run]}`,
    'a day later: 24 { degrees: 13 }',
    'the last three:',
    '  45 {"degrees":7}',
    '  46 {"degrees":8}',
    '  47 {"degrees":9}',
    `the first: ${[0, 24][run]} ${['2024-06-01T12:00:00.000Z', '2024-06-02T12:00:00.000Z'][run]}`,
    'nothing in the future: undefined',
    'the history now starts at 24',
  ],
}

export const WITH_KAFKAJS: Printed = {
  'outbox-to-payments': () => ['asked 4 times, charged once each: Ada: 3 €, Bob: 7 €, Cyd: 5 €'],
  'aggregate-replay': run => [
    `loaded: ${7 * run} on the shelf after ${3 * run} events`,
    `refused: to take 100 of ${7 * run + 6}`,
    `replayed: ${7 * (run + 1)} after ${3 * (run + 1)}, the same: true`,
    'as it was after the first event: 10',
  ],
  'fan-out': () => ['billing: 12 orders; statistics: up to 12', 'packing: 6 + 6, each by one: true'],
  bakery: run => [
    `web order of cake: 201 order ${2 * run}`,
    `web order of bread: 201 order ${2 * run + 1}`,
    'web order of cake: 400 a product and its price, please',
    `Bakery: ${(34.7 * (run + 1)).toFixed(2)} € in all`,
    `cake       ${(24 * (run + 1)).toFixed(2).padStart(8)} € ${'█'.repeat(24)}`,
    `bread      ${(9.6 * (run + 1)).toFixed(2).padStart(8)} € ${'█'.repeat(10)}`,
    `croissant  ${(1.1 * (run + 1)).toFixed(2).padStart(8)} € █`,
    `${3 * (run + 1)} sold at the till, ${2 * (run + 1)} in the web shop; the oven was between 220 and 230 °C`,
  ],
  'job-queue': run => ['done: cat.png, dog.png, fox.png', `jobs left: 0, dead letters: ${run + 1}`],
  'stream-transform': run => ['-40.0', '32.0', '98.6'].map((degrees, i) => `${run * 3 + i}: roof ${degrees} °F`),
}
