import type {EachMessagePayload} from 'odradek/kafkajs'

const BAR_COLUMNS = 24

interface Line {
  readonly name: string
  readonly text: string
  /** 0 to 1. */
  readonly share: number
}

/** What the topics come to: sales by product, where they come from, and the oven. */
export class Report {
  readonly counts = {till: 0, web: 0, oven: 0}
  readonly #cents = new Map<string, number>()
  #coldest = Number.POSITIVE_INFINITY
  #hottest = Number.NEGATIVE_INFINITY

  take({topic, message}: EachMessagePayload): void {
    const event = JSON.parse(String(message.value)) as {product: string; price: number; degrees: number}
    this.counts[topic as keyof typeof this.counts]++
    if (topic === 'oven') {
      this.#coldest = Math.min(this.#coldest, event.degrees)
      this.#hottest = Math.max(this.#hottest, event.degrees)
    } else this.#cents.set(event.product, (this.#cents.get(event.product) ?? 0) + Math.round(event.price * 100))
  }

  text(): string {
    const lines = this.#lines().map(({name, text, share}) => {
      const bar = '█'.repeat(Math.round(share * BAR_COLUMNS))
      return `${name.padEnd(10)} ${text} ${bar}`
    })
    return [this.#title(), ...lines, this.#foot()].join('\n')
  }

  html(): string {
    const rows = this.#lines().map(
      ({name, text, share}) =>
        `<tr><th>${escaped(name)}<td>${text.trim()}<td><div style="width:${(share * BAR_COLUMNS).toFixed(1)}em"></div>`,
    )
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bakery</title>
<style>
  body {font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 42rem; padding: 0 1rem; color: #222}
  th {text-align: left; font-weight: normal; padding-right: 2rem}
  td {text-align: right; padding-right: 1rem; font-variant-numeric: tabular-nums}
  div {background: #b5651d; height: 1em; max-width: 60vw}
</style>
<h1>${this.#title()}</h1>
<table>
${rows.join('\n')}
</table>
<p>${this.#foot()}
`
  }

  #title(): string {
    const all = [...this.#cents.values()].reduce((sum, cents) => sum + cents, 0)
    return `Bakery: ${euros(all)} € in all`
  }

  #lines(): Line[] {
    const most = Math.max(...this.#cents.values())
    return [...this.#cents]
      .sort(([, one], [, other]) => other - one)
      .map(([name, cents]) => ({name, text: `${euros(cents).padStart(8)} €`, share: cents / most}))
  }

  #foot(): string {
    const {till, web, oven} = this.counts
    const heat = oven === 0 ? 'was not measured' : `was between ${this.#coldest} and ${this.#hottest} °C`
    return `${till} sold at the till, ${web} in the web shop; the oven ${heat}`
  }
}

function euros(cents: number): string {
  return (cents / 100).toFixed(2)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.codePointAt(0)};`)
}
