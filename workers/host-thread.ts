import {parentPort} from 'node:worker_threads'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {runSleeping} from './blocking-loop.ts'
import {loadCrc32c} from './checksum.ts'
import {systemClock} from './clock.ts'
import type {HostData} from './cluster-data.ts'
import {ThreadMailbox} from './cluster-mail.ts'
import {DiskFaults} from './disk-faults.ts'
import {FewFiles} from './few-files.ts'
import {HostAgent} from './host-agent.ts'
import {identityOf} from './partition-world.ts'
import {zlibCodecs} from './pool/zlib-codecs.ts'
import {sleepHere} from './sleep-here.ts'
import {nodeStorage} from './storage.ts'
import {threadStart} from './thread-start.ts'

/** The thread of one replica or, beyond a broker's bound of threads, of several. */
export function hostThread(): void {
  const {data} = threadStart<HostData>()!
  const map = new ClusterMap(data.map)
  const line = map.host(data.number)
  const mailbox = new ThreadMailbox(data.name, map, `host-${data.number}`)
  const {brokerDirs} = data.config
  const disk = new DiskFaults(nodeStorage, brokerDirs[map.brokerOf(data.number)]!, sleepHere)
  const agent = new HostAgent({
    storage: new FewFiles(disk.storage, data.config.openFilesMax),
    crc32c: loadCrc32c(),
    decompress: zlibCodecs.decompress,
    brokerDirs,
    identityOf,
    map,
    number: data.number,
    mailbox,
    clock: systemClock,
    arenas: data.arenas,
    sleep: sleepHere,
    setDiskFaults: order => disk.set(order, data.number),
  })
  line.beat(systemClock.monotonicMs())
  line.publishState(THREAD.running)
  // whoever waits for a host to be up is its broker; a channel to it could not be closed here, where no event loop turns
  parentPort!.postMessage('up')
  runSleeping(agent, line, {stopped: () => agent.readyToClose, monotonicMs: systemClock.monotonicMs})
  agent.close()
  mailbox.close()
  process.exit()
}
