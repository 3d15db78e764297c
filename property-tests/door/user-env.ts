/**
 * The environment that a user's program finds: without what npm and the tests' runner set for us. Coverage is named and
 * undefined, for Node hands it on to every child that does not name it; of a killed thread it then writes a line to stderr.
 */
export function userEnv(): NodeJS.ProcessEnv {
  return {...process.env, NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined}
}
