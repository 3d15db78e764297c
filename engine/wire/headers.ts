import type {Api} from './api.ts'
import {skipTags} from './codec.ts'
import type {WireReader} from './wire-reader.ts'
import type {WireWriter} from './wire-writer.ts'

/** What stands before every request. */
export interface RequestHeader {
  readonly apiKey: number
  readonly version: number
  /** Comes back with the answer. */
  readonly correlationId: number
  readonly clientId: string
}

/** Key of the API by which clients learn of the others: its answer can be read by who does not know the version yet. */
export const API_VERSIONS = 18

/** Up to the client's id; what follows it depends on the API, see `skipRest`. */
export function readHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  const clientId = reader.string(reader.int16()) ?? ''
  return {apiKey, version, correlationId, clientId}
}

/** What is left of a request's header, before its body: tagged fields, where the version has them. */
export function readHeaderTags(reader: WireReader, api: Api, version: number): void {
  if (version >= api.flexible) skipTags(reader)
}

/** The beginning of an answer, behind its length. */
export function writeHeader(writer: WireWriter, api: Api, {version, correlationId}: RequestHeader): void {
  writer.int32(correlationId)
  if (version >= api.flexible && api.key !== API_VERSIONS) writer.varint(0)
}
