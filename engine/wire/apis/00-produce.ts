import {api} from '../api.ts'
import {array, error, int16, int32, int64, records, string, struct, uuid} from '../field.ts'

export const produce = api(
  {key: 0, versions: [3, 13], flexible: 9},
  {
    transactionalId: string({nullable: 0, default: null}),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({until: 12}),
      topicId: uuid({since: 13}),
      partitionData: array({
        index: int32(),
        records: records({nullable: 0}),
      }),
    }),
  },
  {
    responses: array({
      name: string({until: 12}),
      topicId: uuid({since: 13}),
      partitionResponses: array({
        index: int32(),
        errorCode: error(),
        baseOffset: int64(),
        logAppendTimeMs: int64({default: -1}),
        logStartOffset: int64({since: 5, default: -1}),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({nullable: 0, default: null}),
          },
          {since: 8},
        ),
        errorMessage: string({since: 8, nullable: 0, default: null}),
        currentLeader: struct(
          {
            leaderId: int32({default: -1}),
            leaderEpoch: int32({default: -1}),
          },
          {since: 10, tag: 0},
        ),
      }),
    }),
    throttleTimeMs: int32({default: 0}),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({nullable: 0, default: null}),
      },
      {since: 10, tag: 0},
    ),
  },
)
