import {api} from '../api.ts'
import {array, error, int8, int32, int64, records, string, struct, uuid} from '../field.ts'

export const fetch = api(
  {key: 1, versions: [4, 18], flexible: 12},
  {
    clusterId: string({since: 12, nullable: 0, default: null, tag: 0}),
    replicaId: int32({until: 14, default: -1}),
    replicaState: struct(
      {
        replicaId: int32({default: -1}),
        replicaEpoch: int64({default: -1}),
      },
      {since: 15, tag: 1},
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({default: 0x7fffffff}),
    isolationLevel: int8({default: 0}),
    sessionId: int32({since: 7}),
    sessionEpoch: int32({since: 7, default: -1}),
    topics: array({
      topic: string({until: 12}),
      topicId: uuid({since: 13}),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({since: 9, default: -1}),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({since: 12, default: -1}),
        logStartOffset: int64({since: 5, default: -1}),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({since: 17, tag: 0}),
        highWatermark: int64({since: 18, default: Number.MAX_SAFE_INTEGER, tag: 1}),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({until: 12}),
        topicId: uuid({since: 13}),
        partitions: array(int32()),
      },
      {since: 7},
    ),
    rackId: string({since: 11}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error({since: 7}),
    sessionId: int32({since: 7}),
    responses: array({
      topic: string({until: 12}),
      topicId: uuid({since: 13}),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
        highWatermark: int64(),
        lastStableOffset: int64({default: -1}),
        logStartOffset: int64({since: 5, default: -1}),
        divergingEpoch: struct(
          {
            epoch: int32({default: -1}),
            endOffset: int64({default: -1}),
          },
          {since: 12, tag: 0},
        ),
        currentLeader: struct(
          {
            leaderId: int32({default: -1}),
            leaderEpoch: int32({default: -1}),
          },
          {since: 12, tag: 1},
        ),
        snapshotId: struct(
          {
            endOffset: int64({default: -1}),
            epoch: int32({default: -1}),
          },
          {since: 12, tag: 2},
        ),
        abortedTransactions: array(
          {
            producerId: int64(),
            firstOffset: int64(),
          },
          {nullable: 0},
        ),
        preferredReadReplica: int32({since: 11, default: -1}),
        records: records({nullable: 0}),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({nullable: 0, default: null}),
      },
      {since: 16, tag: 0},
    ),
  },
)
