/** A value with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

/** Prometheus' text format, 0.0.4. A family without samples is not mentioned. */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({samples}) => samples.length > 0)
    .map(({name, help, type, samples}) => {
      const lines = samples.map(({labels = {}, value}) => `${name}${labelText(labels)} ${value}\n`)
      return `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, escaped)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
