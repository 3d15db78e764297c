import type {RequestOf, ResponseOf} from './api.ts'
import {produce} from './apis/00-produce.ts'
import {fetch} from './apis/01-fetch.ts'
import {listOffsets} from './apis/02-list-offsets.ts'
import {metadata} from './apis/03-metadata.ts'
import {offsetCommit} from './apis/08-offset-commit.ts'
import {offsetFetch} from './apis/09-offset-fetch.ts'
import {findCoordinator} from './apis/10-find-coordinator.ts'
import {joinGroup} from './apis/11-join-group.ts'
import {heartbeat} from './apis/12-heartbeat.ts'
import {leaveGroup} from './apis/13-leave-group.ts'
import {syncGroup} from './apis/14-sync-group.ts'
import {describeGroups} from './apis/15-describe-groups.ts'
import {listGroups} from './apis/16-list-groups.ts'
import {apiVersions} from './apis/18-api-versions.ts'
import {createTopics} from './apis/19-create-topics.ts'
import {deleteTopics} from './apis/20-delete-topics.ts'
import {deleteRecords} from './apis/21-delete-records.ts'
import {initProducerId} from './apis/22-init-producer-id.ts'
import {offsetForLeaderEpoch} from './apis/23-offset-for-leader-epoch.ts'
import {describeConfigs} from './apis/32-describe-configs.ts'
import {alterConfigs} from './apis/33-alter-configs.ts'
import {describeLogDirs} from './apis/35-describe-log-dirs.ts'
import {createPartitions} from './apis/37-create-partitions.ts'
import {deleteGroups} from './apis/42-delete-groups.ts'
import {electLeaders} from './apis/43-elect-leaders.ts'
import {incrementalAlterConfigs} from './apis/44-incremental-alter-configs.ts'
import {alterPartitionReassignments} from './apis/45-alter-partition-reassignments.ts'
import {listPartitionReassignments} from './apis/46-list-partition-reassignments.ts'
import {offsetDelete} from './apis/47-offset-delete.ts'
import {describeCluster} from './apis/60-describe-cluster.ts'
import {describeProducers} from './apis/61-describe-producers.ts'
import {describeTopicPartitions} from './apis/75-describe-topic-partitions.ts'

/** Every API whose messages are known here, by Kafka's names. Which of them a broker answers, and in which versions, it says itself. */
export const APIS = {
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  SyncGroup: syncGroup,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  ApiVersions: apiVersions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DeleteRecords: deleteRecords,
  InitProducerId: initProducerId,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  DescribeConfigs: describeConfigs,
  AlterConfigs: alterConfigs,
  DescribeLogDirs: describeLogDirs,
  CreatePartitions: createPartitions,
  DeleteGroups: deleteGroups,
  ElectLeaders: electLeaders,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  AlterPartitionReassignments: alterPartitionReassignments,
  ListPartitionReassignments: listPartitionReassignments,
  OffsetDelete: offsetDelete,
  DescribeCluster: describeCluster,
  DescribeProducers: describeProducers,
  DescribeTopicPartitions: describeTopicPartitions,
} as const

export type WireApi = keyof typeof APIS
export type WireRequest<Name extends WireApi> = RequestOf<(typeof APIS)[Name]>
export type WireResponse<Name extends WireApi> = ResponseOf<(typeof APIS)[Name]>
