import {openLab} from './lab.ts'
import {deletions, isAtomic, scenariosBySite, trial, weakenings} from './power.ts'
const lab = await openLab()
const bySite = scenariosBySite(lab)
const t0 = performance.now()
for (const site of lab.sites.filter(isAtomic)) {
  if (process.argv[2] && !site.module.includes(process.argv[2])) continue
  const scenarios = bySite.get(site.number) ?? (console.log('     not by turns'), lab.scenarios)
  console.log(`${site.number} ${site.module}:${site.line} ${site.text}`)
  for (const m of process.argv[4] ? [...deletions(site), ...weakenings(site)] : deletions(site)) {
    const v = trial(lab, m, scenarios, Number(process.argv[3] ?? 3000))
    console.log(`     ${m.kind}${m.turns || ''}: ${v.killedBy ?? '*** SURVIVES in ' + scenarios.map(s => s.name)} (${v.schedules})`)
    if (v.killedBy && !process.argv[4]) break
  }
}
console.log((performance.now() - t0).toFixed(0) + ' ms')
