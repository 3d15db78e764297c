import {assert} from '../assert.ts'
import {OdradekError} from '../errors.ts'
import {CLIENT_ID_SHOWN_MAX, FRAME_BYTES_MAX, PRODUCE_FRAME_BYTES_MAX, SMALL_FRAME_BYTES} from '../limits.ts'
import type {Api} from './api.ts'
import type {WireApi} from './apis.ts'
import {codecOf} from './codec.ts'
import {FrameCutter} from './frame-cutter.ts'
import {API_VERSIONS, type RequestHeader, readHeader, readHeaderTags, writeHeader} from './headers.ts'
import type {WireMemory} from './wire-memory.ts'
import {WireReader} from './wire-reader.ts'
import {WireWriter} from './wire-writer.ts'

/** The socket below a connection. */
export interface ConnectionPort {
  /** Sends; whether whoever listens keeps up: if not, `drained` is called once it has. `sent`, where there is one, is called once the pieces are looked at no more; never where the connection ends before. */
  write(pieces: readonly Uint8Array[], sent: (() => void) | undefined): boolean
  /** Bytes that were to be sent and are not yet. */
  readonly unsent: number
  /** No more bytes for now, or bytes again. */
  pause(): void
  resume(): void
  close(reason: string): void
}

/** A request, for whoever answers it, once. */
export interface WireAsk {
  readonly name: WireApi
  readonly version: number
  readonly clientId: string
  readonly body: object
  /** So large may an answer be that is made now, but for a first batch that is larger by itself. */
  readonly answerBytesMax: () => number
  /** `sent` is called once what the response views is looked at no more; never where the connection ends before. */
  readonly answer: (response: object, sent?: () => void) => void
  /** Ends the connection in the place of an answer. */
  readonly close: (reason: string) => void
  readonly isOpen: () => boolean
}

/** The broker above connections. */
export interface ConnectionBroker {
  /** What is served under a key, and in which versions. */
  served(key: number): Served | undefined
  ask(ask: WireAsk): void
}

export interface Served {
  readonly name: WireApi
  readonly api: Api
  readonly versions: readonly [number, number]
}

export interface ConnectionLimits {
  /** Without a request for so long a connection is closed (`connections.max.idle.ms`). */
  readonly idleMs: number
}

/** A frame that has begun is to be there after so long, and a second more for each 64 KiB. */
const FRAME_MS = 30_000
const FRAME_BYTES_A_MS = 64
/** An answer of which nobody takes a byte for so long is taken by nobody. */
const STALLED_MS = 60_000
/** The same while such answers take up much of what a broker has for all. */
const STALLED_TIGHT_MS = 3000
/** Of a header: key and version. */
const KIND_BYTES = 4

const PRODUCE = 0
/** The only one whose answers are large. */
const FETCH = 1

/**
 * One client's connection: bytes in, bytes out. Requests are handled one at a time, in their order, as Kafka does; what comes meanwhile waits, and with
 * more than a little of that the client's bytes are left where they are. What makes no sense ends the connection.
 */
export class Connection {
  readonly #port: ConnectionPort
  readonly #broker: ConnectionBroker
  readonly #memory: WireMemory
  readonly #limits: ConnectionLimits
  readonly #frames: FrameCutter
  /** As the client calls itself in its last request. */
  #clientId = ''
  #isClosed = false
  #isAdvancing = false
  /** A request is being handled, and its answer has to come first. */
  #isBusy = false
  #isPaused = false
  /** Bytes of the frame that is read, or handled, for which room was reserved. */
  #reserved = 0
  /** Bytes of the answer that the socket has not taken. */
  #unsent = 0
  #waitsForRoom = false
  /** When something came, or went, last. */
  #activeMs: number
  /** When the frame that is not complete yet began; undefined where there is none. */
  #frameMs: number | undefined
  /** How much was unsent, and when that changed last. */
  #stalledAt = 0
  #stalledMs = 0
  #nowMs: number
  readonly #look = (): void => {
    this.#waitsForRoom = false
    this.#advance()
  }

  constructor(
    {port, broker, memory}: {port: ConnectionPort; broker: ConnectionBroker; memory: WireMemory},
    limits: ConnectionLimits,
    nowMs: number,
  ) {
    this.#port = port
    this.#broker = broker
    this.#memory = memory
    this.#frames = new FrameCutter(memory.frames)
    this.#limits = limits
    this.#activeMs = nowMs
    this.#nowMs = nowMs
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get clientId(): string {
    return this.#clientId
  }

  /** Since anything came or went; while a request is handled, since it was last looked at. */
  idleMs(nowMs: number): number {
    return nowMs - this.#activeMs
  }

  /** Bytes of the client, good during the call. */
  take(bytes: Uint8Array, nowMs: number): void {
    if (this.#isClosed) return
    this.#activeMs = nowMs
    this.#nowMs = nowMs
    this.#frames.push(bytes)
    this.#advance()
  }

  /** Everything that was to be sent has been. */
  drained(nowMs: number): void {
    if (this.#isClosed) return
    this.#activeMs = nowMs
    this.#nowMs = nowMs
    this.#answerTaken()
    this.#advance()
  }

  /** Now and then: ends what leads nowhere any more. */
  tick(nowMs: number): void {
    if (this.#isClosed) return
    this.#nowMs = nowMs
    const {unsent} = this.#port
    if (unsent !== this.#stalledAt || unsent === 0) {
      this.#stalledAt = unsent
      this.#stalledMs = nowMs
    } else if (nowMs - this.#stalledMs >= (this.#memory.isTight ? STALLED_TIGHT_MS : STALLED_MS)) {
      this.close(`nobody takes the answer: ${unsent} bytes are unsent`)
      return
    }
    if (this.#isBusy || this.#unsent > 0) this.#activeMs = nowMs
    else if (nowMs - this.#activeMs >= this.#limits.idleMs) this.close('nothing was asked for a long time')
    else if (this.#frameMs !== undefined && !this.#isPaused && nowMs >= this.#frameDueMs)
      this.close('a frame that does not end')
  }

  /** The connection is over: by the client, or as what it sends makes no sense. */
  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#memory.forget(this.#look)
    this.#release()
    this.#answerTaken()
    this.#port.close(reason)
  }

  get #frameDueMs(): number {
    return this.#frameMs! + FRAME_MS + (this.#frames.length ?? 0) / FRAME_BYTES_A_MS
  }

  /** Handles what is there, as far as that goes now. */
  #advance(): void {
    // an answer that comes at once goes on in the loop that asked
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    try {
      while (this.#mayBegin() && this.#begin());
    } catch (error) {
      if (!(error instanceof OdradekError)) throw error
      this.close(error.message)
    } finally {
      this.#isAdvancing = false
    }
    if (!this.#isClosed)
      this.#setPaused(this.#waitsForRoom || (!this.#mayBegin() && this.#frames.held >= SMALL_FRAME_BYTES))
  }

  #mayBegin(): boolean {
    return !this.#isClosed && !this.#isBusy && this.#unsent === 0 && !this.#waitsForRoom
  }

  /** Begins with the next request, if it is there. */
  #begin(): boolean {
    const served = this.#nextServed()
    if (served === undefined) return false
    const key = served === 'ApiVersions' ? API_VERSIONS : served.api.key
    const frame = this.#hasRoom(key === FETCH) ? this.#frames.take() : undefined
    if (frame === undefined) return false
    this.#frameMs = undefined
    if (key === PRODUCE) this.#handle(served, frame)
    else {
      // what is looked at for longer than until the answer is bytes of its own
      const own = Buffer.from(frame)
      this.#frames.release()
      this.#handle(served, own)
    }
    return true
  }

  /** What the frame that begins asks for: looked at as soon as that is there, so that nonsense is not waited for. */
  #nextServed(): Served | 'ApiVersions' | undefined {
    const {length} = this.#frames
    if (this.#frames.held > 0) this.#frameMs ??= this.#nowMs
    if (length === undefined) return undefined
    if (length < KIND_BYTES || length > PRODUCE_FRAME_BYTES_MAX) throw notKafka(`a frame of ${length} bytes`)
    const head = this.#frames.head(KIND_BYTES)
    if (head.length < KIND_BYTES) return undefined
    const kind = new WireReader(head)
    const [key, version] = [kind.int16(), kind.int16()]
    if (key !== PRODUCE && length > FRAME_BYTES_MAX) throw notKafka(`a frame of ${length} bytes for API ${key}`)
    const served = this.#broker.served(key)
    if (served === undefined) throw notKafka(`API ${key} is not served`)
    const [first, last] = served.versions
    if (version >= first && version <= last) return served
    if (key === API_VERSIONS) return 'ApiVersions'
    throw notKafka(`version ${version} of ${served.name} is not served`)
  }

  /** Whether there is room for the next request, and for its answer. */
  #hasRoom(isFetch: boolean): boolean {
    const length = this.#frames.length!
    const isLarge = length > SMALL_FRAME_BYTES && this.#reserved === 0
    const hasAnswerRoom = !isFetch || this.#memory.answerBytesMax > 0
    const hasRoom = hasAnswerRoom && (!isLarge || this.#memory.reserve(length))
    if (hasRoom && isLarge) this.#reserved = length
    if (!hasRoom) {
      this.#waitsForRoom = true
      this.#memory.wait(this.#look)
    }
    return hasRoom
  }

  #handle(served: Served | 'ApiVersions', frame: Uint8Array): void {
    const reader = new WireReader(frame)
    const header = readHeader(reader)
    if (served === 'ApiVersions') {
      this.#tellVersions(header)
      return
    }
    const {name, api} = served
    const {version, clientId} = header
    this.#clientId = clientId.slice(0, CLIENT_ID_SHOWN_MAX)
    readHeaderTags(reader, api, version)
    const body = codecOf(api, 'request', version).read(reader)
    const isSilent = api.key === PRODUCE && (body as {acks: number}).acks === 0
    this.#isBusy = true
    let isAnswered = false
    this.#broker.ask({
      name,
      version,
      clientId,
      body,
      answerBytesMax: () => this.#memory.answerBytesMax,
      answer: (response, sent) => {
        assert(!isAnswered, 'a request is answered once')
        isAnswered = true
        if (this.#isClosed) return
        if (!isSilent) this.#send(api, header, {response, sent})
        else if (tellsError(response)) {
          this.close('a batch that nobody waits for was refused')
          return
        }
        this.#done()
      },
      close: reason => this.close(reason),
      isOpen: () => !this.#isClosed,
    })
  }

  /** A version of ApiVersions that is not known is answered in one that everybody knows, with those that are. */
  #tellVersions(header: RequestHeader): void {
    const {api, versions} = this.#broker.served(API_VERSIONS)!
    const [minVersion, maxVersion] = versions
    const apiKeys = [{apiKey: API_VERSIONS, minVersion, maxVersion}]
    this.#send(api, {...header, version: 0}, {response: {errorCode: 'UNSUPPORTED_VERSION', apiKeys}, sent: undefined})
  }

  #send(api: Api, header: RequestHeader, {response, sent}: {response: object; sent: (() => void) | undefined}): void {
    const writer = new WireWriter()
    // its length comes here
    writer.int32(0)
    writeHeader(writer, api, header)
    codecOf(api, 'response', header.version).write(writer, response)
    this.#activeMs = this.#nowMs
    if (this.#port.write(writer.takeFrame(), sent)) return
    this.#unsent = writer.length
    this.#memory.holdAnswer(writer.length)
  }

  #done(): void {
    this.#isBusy = false
    this.#frames.release()
    this.#release()
    this.#advance()
  }

  #release(): void {
    const reserved = this.#reserved
    this.#reserved = 0
    this.#memory.release(reserved)
  }

  #answerTaken(): void {
    const unsent = this.#unsent
    this.#unsent = 0
    this.#memory.answerTaken(unsent)
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#port.pause()
    else this.#port.resume()
  }
}

function notKafka(what: string): OdradekError {
  return new OdradekError('INVALID_REQUEST', what)
}

/** Whether any partition of an answer to a produce request was refused. */
function tellsError(response: object): boolean {
  const {responses} = response as {responses?: readonly {partitionResponses: readonly {errorCode: string}[]}[]}
  return responses?.some(topic => topic.partitionResponses.some(({errorCode}) => errorCode !== 'NONE')) ?? false
}
