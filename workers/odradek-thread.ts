import {threadStart} from './thread-start.ts'

/** Where every thread of ours begins: one script for all, so that a bundle has one to find. */
async function thread(): Promise<void> {
  const role = threadStart()?.odradek
  if (role === 'replica') await (await import('./replica-thread.ts')).replicaThread()
  else if (role === 'flusher') (await import('./flusher-thread.ts')).flusherThread()
  else if (role === 'job') (await import('./pool/job-thread.ts')).jobThread()
  else if (role === 'host') (await import('./host-thread.ts')).hostThread()
  else if (role === 'broker') (await import('./broker-thread.ts')).brokerThread()
  else if (role === 'coordinator') (await import('./coordinator-thread.ts')).coordinatorThread()
  else if (role === 'supervisor') (await import('./supervisor-thread.ts')).supervisorThread()
  else throw new Error("this script is for the log's own threads; openLog starts them")
}

// not awaited: in a bundle of one file the modules that a thread loads later come after this line
void thread()
