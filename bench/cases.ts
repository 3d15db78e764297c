import {append} from './append.ts'
import {appendThreads} from './append-threads.ts'
import type {Case} from './harness/case.ts'
import {limits} from './limits.ts'
import {micro} from './micro.ts'
import {read} from './read.ts'

/** Every question there is, in the order they are asked. */
export const CASES: readonly Case[] = [append, appendThreads, read, limits, micro]
