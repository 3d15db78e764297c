import {setTimeout} from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import {THREAD} from '../../engine/cluster/thread-line.ts'
import type {ThreadMailbox} from '../../workers/cluster-mail.ts'

/** Ends the thread of a host, and waits until its broker has started it anew. */
export async function endHost(
  mailbox: ThreadMailbox,
  map: ClusterMap,
  {host, crashes}: {host: number; crashes: boolean},
): Promise<void> {
  const line = map.host(host)
  const endMs = performance.now() + 15_000
  // one that only starts does not hear letters
  while (line.hasEnded || line.state !== THREAD.running) {
    assert.ok(performance.now() < endMs, `host ${host} does not run`)
    await setTimeout(2)
  }
  const {incarnation} = line
  // a letter that makes no sense is a bug of ours, which ends the thread; one that nobody should send ends it as if it were done
  mailbox.send(`host-${host}`, crashes ? {type: 'attach', thread: 61, name: 'x', inbox: null} : {type: 'close'})
  while (line.incarnation === incarnation) {
    assert.ok(performance.now() < endMs, `host ${host} is not started anew`)
    await setTimeout(2)
  }
}
