/** An object whose offsets, which are text in KafkaJS, are also there as exact numbers: `offsetBigInt` beside `offset`. */
export type Exact<T, Names extends keyof T & string> = T & {readonly [Name in Names as `${Name}BigInt`]: bigint}

/** Adds them. They are not enumerable: it compares, prints and spreads as KafkaJS' own. */
export function exact<T extends object, Name extends keyof T & string>(
  entry: T,
  ...names: readonly Name[]
): Exact<T, Name> {
  for (const name of names) Object.defineProperty(entry, `${name}BigInt`, {get: () => BigInt(entry[name] as string)})
  return entry as Exact<T, Name>
}
