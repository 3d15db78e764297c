import type {WireApi} from '../wire/apis.ts'
import {apiVersions} from './18-api-versions.ts'
import {GROUP_WIRE} from './group-wire.ts'
import type {Handler} from './handler.ts'

type Handlers = {readonly [Api in WireApi]?: Handler<Api>}

const SERVED: Handlers = {
  ...GROUP_WIRE,
}

/** Who handles what clients ask of a broker over the wire. What is not here is not told of to them either. */
export const HANDLERS: Handlers = {
  ...SERVED,
  ApiVersions: apiVersions([...(Object.keys(SERVED) as WireApi[]), 'ApiVersions']),
}
