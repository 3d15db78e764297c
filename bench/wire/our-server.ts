/** A process with a cluster of one broker that listens; ends when its parent lets go. */
import {openCluster} from '../../index.ts'

const [dir, level] = process.argv.slice(2) as [string, 'written' | 'synced']
const cluster = await openCluster({dir, durability: level})
const {bootstrapServers} = await cluster.listen()
process.once('disconnect', () => void cluster.close())
process.send!(bootstrapServers)
