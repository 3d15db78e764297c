import type {EpochStart} from '../log/leader-epoch-checkpoint.ts'
import type {LogSource} from '../log/log-reader.ts'

/** Another replica of the same partition, as far as its files and its line in the map tell. All replicas stand in one process. */
export interface ReplicaPeer {
  /** Where to read its log. */
  readonly source: LogSource
  /** Its leader epochs, as they are recorded in its directory now. */
  epochs(): readonly EpochStart[]
}
