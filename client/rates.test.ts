import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Rates} from './rates.ts'

test('a rate is what came since the look before, a second; the first look has none', () => {
  const rates = new Rates()
  assert.equal(rates.rate(1, {records: 50, bytes: 900}, 1000), {recordsPerSecond: 0, bytesPerSecond: 0})
  assert.equal(rates.rate(1, {records: 60, bytes: 1900}, 1500), {recordsPerSecond: 20, bytesPerSecond: 2000})
  assert.equal(rates.rate(1, {records: 60, bytes: 1900}, 2500), {recordsPerSecond: 0, bytesPerSecond: 0})
  assert.equal(rates.rate(2, {records: 7, bytes: 7}, 2500), {recordsPerSecond: 0, bytesPerSecond: 0})
})

test('looks that follow each other closely have the same rate, and take nothing from the next one', () => {
  const rates = new Rates()
  rates.rate(1, {records: 0, bytes: 0}, 0)
  const rate = rates.rate(1, {records: 100, bytes: 1000}, 1000)
  assert.equal(rates.rate(1, {records: 300, bytes: 3000}, 1099), rate)
  assert.equal(rates.rate(1, {records: 300, bytes: 3000}, 2000), {recordsPerSecond: 200, bytesPerSecond: 2000})
})

test('a counter that began anew has not grown', () => {
  const rates = new Rates()
  rates.rate(1, {records: 100, bytes: 1000}, 0)
  assert.equal(rates.rate(1, {records: 90, bytes: 1100}, 1000), {recordsPerSecond: 0, bytesPerSecond: 100})
})

test.run()
