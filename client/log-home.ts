import type {LogSource} from '../engine/log/log-reader.ts'
import type {InboxSender} from '../engine/memory/inbox.ts'
import type {Link} from './link.ts'
import type {LogHandle} from './log-handle.ts'
import type {VerifyReport} from './log-report.ts'
import type {Sender, SenderOptions} from './sender.ts'

/** What stands behind a log, made by whoever opened or attached it. */
export interface LogHome {
  readonly link: Link
  readonly handle: LogHandle
  readonly inbox: InboxSender
  readonly source: LogSource
  readonly sender: SenderOptions
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  readonly verify: (end: number) => Promise<VerifyReport>
  /** Settles when the replica thread has ended, for whatever reason. */
  readonly ended: Promise<unknown>
  /** Ends what is behind the log after everything was sent; for the opener this closes the log for all. */
  readonly shutDown: (sender: Sender) => Promise<void>
}
