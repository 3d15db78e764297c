import {append} from './append.ts'
import {appendThreads} from './append-threads.ts'
import {boot} from './boot.ts'
import {compaction} from './compaction.ts'
import {failover} from './failover.ts'
import type {Case} from './harness/case.ts'
import {kafkajs} from './kafkajs.ts'
import {latency} from './latency.ts'
import {limits} from './limits.ts'
import {memory} from './memory.ts'
import {micro} from './micro.ts'
import {open} from './open.ts'
import {partitions} from './partitions.ts'
import {pino} from './pino.ts'
import {read} from './read.ts'
import {recover} from './recover.ts'
import {replicate} from './replicate.ts'
import {sync} from './sync.ts'
import {wire, wireSynced} from './wire.ts'

/** Every question there is, in the order they are asked. */
export const CASES: readonly Case[] = [
  append,
  appendThreads,
  read,
  sync,
  latency,
  compaction,
  pino,
  open,
  recover,
  memory,
  boot,
  replicate,
  failover,
  kafkajs,
  wire,
  wireSynced,
  partitions,
  limits,
  micro,
]
