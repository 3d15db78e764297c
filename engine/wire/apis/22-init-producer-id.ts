import {api} from '../api.ts'
import {bool, error, int16, int32, int64, string} from '../field.ts'

export const initProducerId = api(
  {key: 22, versions: [0, 5], flexible: 2},
  {
    transactionalId: string({nullable: 0}),
    transactionTimeoutMs: int32(),
    producerId: int64({since: 3, default: -1}),
    producerEpoch: int16({since: 3, default: -1}),
    enable2Pc: bool({since: 6}),
    keepPreparedTxn: bool({since: 6}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error(),
    producerId: int64({default: -1}),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({since: 6, default: -1}),
    ongoingTxnProducerEpoch: int16({since: 6, default: -1}),
  },
)
