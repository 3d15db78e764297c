import type {WireApi} from '../wire/apis.ts'
import {produce} from './00-produce.ts'
import {fetch} from './01-fetch.ts'
import {listOffsets} from './02-list-offsets.ts'
import {metadata} from './03-metadata.ts'
import {apiVersions} from './18-api-versions.ts'
import {createTopics} from './19-create-topics.ts'
import {deleteTopics} from './20-delete-topics.ts'
import {deleteRecords} from './21-delete-records.ts'
import {initProducerId} from './22-init-producer-id.ts'
import {offsetForLeaderEpoch} from './23-offset-for-leader-epoch.ts'
import {describeConfigs} from './32-describe-configs.ts'
import {alterConfigs} from './33-alter-configs.ts'
import {describeLogDirs} from './35-describe-log-dirs.ts'
import {createPartitions} from './37-create-partitions.ts'
import {electLeaders} from './43-elect-leaders.ts'
import {incrementalAlterConfigs} from './44-incremental-alter-configs.ts'
import {alterPartitionReassignments} from './45-alter-partition-reassignments.ts'
import {listPartitionReassignments} from './46-list-partition-reassignments.ts'
import {describeCluster} from './60-describe-cluster.ts'
import {describeProducers} from './61-describe-producers.ts'
import {describeTopicPartitions} from './75-describe-topic-partitions.ts'
import {GROUP_WIRE} from './group-wire.ts'
import type {Handler} from './handler.ts'

type Handlers = {readonly [Api in WireApi]?: Handler<Api>}

const SERVED: Handlers = {
  ...GROUP_WIRE,
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  Metadata: metadata,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DeleteRecords: deleteRecords,
  InitProducerId: initProducerId,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  DescribeConfigs: describeConfigs,
  AlterConfigs: alterConfigs,
  DescribeLogDirs: describeLogDirs,
  CreatePartitions: createPartitions,
  ElectLeaders: electLeaders,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  AlterPartitionReassignments: alterPartitionReassignments,
  ListPartitionReassignments: listPartitionReassignments,
  DescribeCluster: describeCluster,
  DescribeProducers: describeProducers,
  DescribeTopicPartitions: describeTopicPartitions,
}

/** Who handles what clients ask of a broker over the wire. What is not here is not told of to them either. */
export const HANDLERS: Handlers = {
  ...SERVED,
  ApiVersions: apiVersions([...(Object.keys(SERVED) as WireApi[]), 'ApiVersions']),
}
