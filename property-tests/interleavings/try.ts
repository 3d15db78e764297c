import {exhaust} from './explore.ts'
import {openLab} from './lab.ts'
import {describe} from './report.ts'
const {sites, scenarios, scheduler} = await openLab()
if (process.argv[3]) for (const s of sites) console.log(s.number, s.module, s.line, s.op, s.text)
for (const scenario of scenarios)
  for (const weak of [false, true])
    for (const p of [0, 1, 2, 3]) {
      if (process.argv[2] && !scenario.name.includes(process.argv[2])) continue
      const t = performance.now()
      const {schedules, turns, red} = exhaust(scheduler, scenario, {weak}, p, 60000)
      const ms = performance.now() - t
      console.log(scenario.name, weak ? 'weak' : 'strong', p, schedules, (turns / schedules).toFixed(0), ms.toFixed(0) + 'ms', ((schedules / ms) * 1000).toFixed(0) + '/s')
      if (red) { console.log(describe(scenario, {weak}, red, sites)); process.exit() }
    }
