/** Imports the package, opens a log and sends one record; prints how long each took, in ms. */
const startMs = performance.now()
const {openLog} = await import('odradek')
const importedMs = performance.now()
const log = await openLog(process.argv[2]!)
await log.send('first')
const ackedMs = performance.now()
await log.close()
process.stdout.write(JSON.stringify({importMs: importedMs - startMs, openMs: ackedMs - importedMs}))
