import {threadBase} from './thread-start.ts'

/**
 * A package that is used where it is installed. It is looked for when the program runs, and in a way no bundler follows: one
 * that is native cannot be put into a bundle, and one that starts threads of its own does not find their files in there.
 */
export function optionalPackage<T>(name: string): T | undefined {
  const base = threadBase()
  if (base === undefined) return undefined
  try {
    return process.getBuiltinModule('node:module').createRequire(base)(name) as T
  } catch {
    return undefined
  }
}
