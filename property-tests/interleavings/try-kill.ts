import {killEverywhere} from './kill.ts'
import {openLab} from './lab.ts'
import {describe} from './report.ts'
const {sites, scenarios, scheduler} = await openLab()
for (const scenario of scenarios) {
  if (process.argv[2] && !scenario.name.includes(process.argv[2])) continue
  for (const weak of [false, true])
    for (const name of Object.keys(scenario.mortal)) {
      const victim = scenario.actors.findIndex(a => a.name === name)
      if (victim < 0) continue
      const t = performance.now()
      const {schedules, steps, red} = killEverywhere(scheduler, scenario, victim, {weak, preemptions: Number(process.argv[3] ?? 1), schedulesMax: Number(process.argv[4] ?? 1000)})
      console.log(scenario.name, name, weak, steps, schedules, (performance.now() - t).toFixed(0))
      if (red) console.log(describe(scenario, {weak, kill: red.kill}, red.outcome, sites).split('\n').slice(0,-8).join('\n'))
    }
}
