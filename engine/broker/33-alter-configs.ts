import {alterConfigs as alter} from './altered-configs.ts'
import type {Handler} from './handler.ts'

/** Sets the configs of topics to exactly these: what is not among them goes back to the cluster's value. */
export const alterConfigs: Handler<'AlterConfigs'> = (context, asked, answer) => {
  alter(
    context,
    asked,
    ({configs}, {config}) => {
      const nothing = configs.find(({value}) => value === null)
      if (nothing !== undefined) return {error: 'INVALID_CONFIG', message: `${nothing.name} has no value`}
      const named = new Set(configs.map(({name}) => name))
      const dropped = Object.keys(config).filter(name => !named.has(name))
      return [...dropped.map(name => ({name, value: null})), ...configs]
    },
    answer,
  )
}
