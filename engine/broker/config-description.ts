import type {ConfigType, DescribedConfig} from '../coordinator/topic-configs.ts'

/** Kafka's numbers for kinds of things that have configs. */
export const RESOURCE = {topic: 2, broker: 4} as const

/** Kafka's numbers for where a config's value comes from. */
export const CONFIG_SOURCE: Readonly<Record<DescribedConfig['source'], number>> = {topic: 1, cluster: 4, default: 5}

/** Kafka's numbers for the types of configs. */
export const CONFIG_TYPE: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
}
