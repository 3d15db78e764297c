import type {Now} from '../group/group-world.ts'
import type {Requester} from '../group/requests.ts'
import type {WireApi, WireRequest, WireResponse} from '../wire/apis.ts'
import type {BrokerDesk} from './broker-desk.ts'

/** Who asks, in which version, and what the broker has to answer it. */
export interface RequestContext {
  readonly desk: BrokerDesk
  readonly from: Requester
  readonly now: Now
  readonly version: number
  /** By this host whoever asks has reached the broker, and reaches all the others, each at its port. */
  readonly host: string
  /** So large may an answer be that is made now, but for a first batch that is larger by itself: what others have not taken of theirs counts. */
  readonly answerBytesMax: () => number
  /** Whether anybody still waits for the answer. */
  readonly isOpen: () => boolean
  /** Ends the connection in the place of an answer: what came makes no sense, or there is no way to say what is wrong. */
  readonly close: (reason: string) => void
}

/** `sent` is called once nobody looks at what the response views any more; never where the connection ends before that. */
export type Answer<Response> = (response: Response, sent?: () => void) => void

/** Request in, response out: at once, or when what it waits for has happened. What the request views is good until then. */
export type Handler<Api extends WireApi> = (
  context: RequestContext,
  asked: WireRequest<Api>,
  answer: Answer<WireResponse<Api>>,
) => void
