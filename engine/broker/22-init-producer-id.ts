import type {Handler} from './handler.ts'

/** Gives a producer its id. One that has had one before gets another: it begins anew. */
export const initProducerId: Handler<'InitProducerId'> = ({desk, now}, {transactionalId}, answer) => {
  if (transactionalId !== null) answer({errorCode: 'INVALID_REQUEST', producerEpoch: -1})
  else
    desk.admin.nextProducerId(now.nowMs, id =>
      typeof id === 'string'
        ? answer({errorCode: id, producerEpoch: -1})
        : answer({errorCode: 'NONE', producerId: id, producerEpoch: 0}),
    )
}
