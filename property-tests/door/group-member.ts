/** A thread that joins a group and then does nothing any more: no letter reaches it. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachCluster, type ClusterHandle} from '../../index.ts'
import {joinGroup} from '../groups/join-group.ts'

const cluster = await attachCluster(workerData as ClusterHandle)
const {join} = await joinGroup(cluster, 'g')
parentPort!.postMessage(join.memberId)
// the letter has to leave before the thread stands still
await new Promise(resolve => setTimeout(resolve, 1))
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
