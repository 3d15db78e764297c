/** What programs pass to and get from the clients of this door, in KafkaJS' words. `number` stands where KafkaJS has an enum: its numbers and ours are the same. */
export type * from './types/admin.ts'
export type * from './types/common.ts'
export type * from './types/consumer.ts'
export type * from './types/producer.ts'
