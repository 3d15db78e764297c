import {APIS, type WireApi} from '../wire/apis.ts'

/** Where not every version that the schemas know is served: what topics are named by in the others is not understood here. */
const NARROWER: {readonly [Api in WireApi]?: readonly [number, number]} = {
  OffsetCommit: [2, 9],
  OffsetFetch: [1, 9],
}

/** First and last version of an API that a broker answers. */
export function versionsOf(api: WireApi): readonly [number, number] {
  return NARROWER[api] ?? APIS[api].versions
}
