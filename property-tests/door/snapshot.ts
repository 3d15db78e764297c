import fs from 'node:fs'

/** Every file below a directory, by name, with its bytes: equal snapshots mean that nothing has changed. */
export function snapshot(dir: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of fs.readdirSync(dir, {recursive: true, encoding: 'utf8'}).sort()) {
    const path = `${dir}/${name}`
    files[name] = fs.statSync(path).isDirectory() ? 'directory' : fs.readFileSync(path, 'latin1')
  }
  return files
}
