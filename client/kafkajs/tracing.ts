import {type TracingChannel, tracingChannel} from 'node:diagnostics_channel'

/** What clients do, for those who trace: Node.js' tracing channels. Where nobody subscribes, they cost a look whether anybody does. */
export const SEND: TracingChannel = tracingChannel('odradek:kafkajs:send')
export const PROCESS: TracingChannel = tracingChannel('odradek:kafkajs:process')
export const COMMIT: TracingChannel = tracingChannel('odradek:kafkajs:commit')
