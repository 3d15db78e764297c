const FOREVER_MS = 2 ** 31 - 1

/** Something that keeps the process up while it is ref'd; it is not at first. */
export function keepAlive(): {ref(): void; unref(): void; close(): void} {
  const timer = setInterval(() => {}, FOREVER_MS)
  timer.unref()
  return {ref: () => timer.ref(), unref: () => timer.unref(), close: () => clearInterval(timer)}
}
