/** A schedule in words: one line to replay it, and what each turn did. */
import type {Site} from './code/turns.ts'
import type {World} from './explore.ts'
import type {Scenario} from './scenario.ts'
import type {Outcome} from './scheduler.ts'

/** The last turns are shown one by one, where it happened. */
const SHOWN_TURNS = 60

export interface Schedule {
  readonly scenario: Scenario
  readonly world: World
  readonly grants: readonly number[]
}

/** `arena weak kill:writer@7 writer:42 reader:9 …`: names, and how many turns in a row. */
export function formatSchedule(scenario: Scenario, {weak, kill}: World, grants: readonly number[]): string {
  const name = (actor: number): string => scenario.actors[actor]!.name
  const parts = [scenario.name.replaceAll(' ', '-'), weak ? 'weak' : 'strong']
  if (kill !== undefined) parts.push(`kill:${name(kill.actor)}@${kill.step}`)
  for (let i = 0; i < grants.length; ) {
    let end = i
    while (grants[end] === grants[i]) end++
    parts.push(`${name(grants[i]!)}:${end - i}`)
    i = end
  }
  return parts.join(' ')
}

export function parseSchedule(text: string, scenarios: readonly Scenario[]): Schedule {
  const [name, machine, ...parts] = text.trim().split(/\s+/)
  const scenario = scenarios.find(other => other.name.replaceAll(' ', '-') === name)
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  const numberOf = (actor: string): number => {
    const number = scenario.actors.findIndex(other => other.name === actor)
    if (number < 0) throw new Error(`${name} has no actor ${actor}`)
    return number
  }
  const killed = /^kill:(\w+)@(\d+)$/.exec(parts[0] ?? '')
  const kill = killed === null ? undefined : {actor: numberOf(killed[1]!), step: Number(killed[2])}
  const grants = parts.slice(killed === null ? 0 : 1).flatMap(part => {
    const [actor, count] = part.split(':')
    return new Array<number>(Number(count)).fill(numberOf(actor!))
  })
  return {scenario, world: {weak: machine === 'weak', kill}, grants}
}

export function describe(scenario: Scenario, world: World, red: Outcome, sites: readonly Site[]): string {
  const first = Math.max(0, red.grants.length - SHOWN_TURNS)
  const lines = red.grants.slice(first).map((actor, i) => {
    const site = sites[red.sites[first + i]!]!
    return `${String(first + i).padStart(5)}  ${scenario.actors[actor]!.name.padEnd(10)} ${site.module}  ${site.text}`
  })
  const replay = `SCHEDULE='${formatSchedule(scenario, world, red.grants)}'`
  return [
    `${scenario.name}: ${red.failure!.message}`,
    `  again with ${replay}`,
    ...lines,
    red.failure!.stack ?? '',
  ].join('\n')
}
