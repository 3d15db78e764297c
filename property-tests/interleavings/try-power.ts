import {openLab} from './lab.ts'
import {isAtomic, mutantsOf, scenariosBySite, trial} from './power.ts'
const lab = await openLab()
const bySite = scenariosBySite(lab)
const t0 = performance.now()
for (const site of lab.sites.filter(isAtomic)) {
  if (process.argv[2] && !site.module.includes(process.argv[2])) continue
  const scenarios = bySite.get(site.number) ?? (console.log('     not by turns'), lab.scenarios)
  console.log(`${site.number} ${site.module}:${site.line} ${site.text}`)
  for (const fault of ['left out', 'stale', 'plain'] as const) {
    if (mutantsOf(site, fault).length === 0) continue
    const v = trial(lab, site, fault, {scenarios: scenarios.filter(s => s.name !== 'log' && s.name !== 'attach'), schedulesMax: Number(process.argv[3] ?? 3000)})
    console.log(`     ${fault}: ${v.noticed ?? '*** SURVIVES in ' + scenarios.map(s => s.name)} (${v.schedules})`)
  }
}
console.log((performance.now() - t0).toFixed(0) + ' ms')
