import type {Unit} from './measure.ts'

/** Numbers as people read them: three digits that count, and a unit of a fitting size. */
export function valueText(value: number, unit: Unit): string {
  if (unit !== 'records/s') return `${threeDigits(value)} ${unit}`
  return value >= 1e6 ? `${threeDigits(value / 1e6)} M records/s` : `${threeDigits(value / 1e3)} k records/s`
}

export function ratioText(ratio: number): string {
  return `${ratio >= 9.95 ? ratio.toFixed(0) : ratio >= 1 ? ratio.toFixed(1) : ratio.toFixed(2)} ×`
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`
}

function threeDigits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en')
}
