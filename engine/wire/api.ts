import type {Read, Shape, Written} from './field.ts'

/** One of Kafka's APIs: a request and its response. */
export interface Api<Request extends Shape = Shape, Response extends Shape = Shape> {
  /** Its number on the wire. */
  readonly key: number
  /** First and last version that the schemas know. */
  readonly versions: readonly [number, number]
  /** First version whose strings, arrays and structs are of the compact kind, with tagged fields. */
  readonly flexible: number
  readonly request: Request
  readonly response: Response
}

export const NEVER = Number.POSITIVE_INFINITY

export function api<const Request extends Shape, const Response extends Shape>(
  head: Pick<Api, 'key' | 'versions' | 'flexible'>,
  request: Request,
  response: Response,
): Api<Request, Response> {
  return {...head, request, response}
}

/** A request as a broker gets it. */
export type RequestOf<A> = A extends Api<infer Request, infer _> ? Read<Request> : never
/** A response as a broker gives it. */
export type ResponseOf<A> = A extends Api<infer _, infer Response> ? Written<Response> : never
