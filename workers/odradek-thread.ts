import {threadStart} from './thread-start.ts'

/** Where every thread of ours begins: one script for all, so that a bundle has one to find. */
const role = threadStart()?.odradek
if (role === 'replica') await import('./replica-thread.ts')
else if (role === 'flusher') await import('./flusher-thread.ts')
else if (role === 'job') await import('./pool/job-thread.ts')
else throw new Error("this script is for the log's own threads; openLog starts them")
