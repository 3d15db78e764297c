import fs from 'node:fs'

/** Of this package. */
export function packageVersion(): string {
  const text = fs.readFileSync(new URL(import.meta.resolve('odradek/package.json')), 'utf8')
  return (JSON.parse(text) as {version: string}).version
}
