import {type ChildProcess, spawn} from 'node:child_process'
import {constants} from 'node:os'

/**
 * Runs a command line by the shell, with more in its environment, and resolves to its exit code, 128 and the number where a signal ended it. Our own
 * stdin, stdout and stderr are its own. A terminal sends Ctrl-C to both of us; any other signal is passed on.
 */
export function runCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  onSignal: (forward: (signal: NodeJS.Signals) => void) => void,
): Promise<number> {
  const child = spawn(command, {shell: true, stdio: 'inherit', env: {...process.env, ...environment}})
  onSignal(signal => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
  return endOf(child)
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]))
  })
}
