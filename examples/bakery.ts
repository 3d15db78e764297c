// A small data ecosystem: a bakery's till writes a file, its web shop takes orders over HTTP, and a timer measures the oven. All of it
// goes into topics; a report and a page of metrics come out.
//   node dist/examples/bakery.js [DIR]            a day in the bakery: what comes in, and the report of it, in DIR/report.html, too
//   node dist/examples/bakery.js DIR PORT         stays open, with the report on http://localhost:PORT/ and its metrics on /metrics
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {openCluster} from 'odradek'
import {Kafka} from 'odradek/kafkajs'
import {metricsPage} from './bakery/metrics-page.ts'
import {measureOven} from './bakery/oven.ts'
import {Report} from './bakery/report.ts'
import {followTill} from './bakery/till.ts'
import {openWebShop} from './bakery/web-shop.ts'

const [dir = './data/bakery', port] = process.argv.slice(2)
const tillFile = `${dir}/till.txt`
const cluster = await openCluster({dir: `${dir}/cluster`})
const kafka = new Kafka({clientId: 'bakery', brokers: cluster, logLevel: 1})
const producer = kafka.producer()
await producer.connect()

const report = new Report()
const consumer = kafka.consumer({groupId: 'report'})
// makes the topics that there are not yet
await consumer.subscribe({topics: ['till', 'web', 'oven'], fromBeginning: true})
// nothing is committed: each report begins with the first record there is
await consumer.run({autoCommit: false, eachMessage: async message => report.take(message)})

const shop = await openWebShop(producer, Number(port ?? 0), {
  '/': ['text/html', () => report.html()],
  '/metrics': ['text/plain; version=0.0.4', () => metricsPage(cluster, consumer)],
})
const oven = measureOven(producer, port === undefined ? 10 : 1000)
const till = await followTill(cluster, tillFile)

if (port !== undefined) console.log(`http://localhost:${port}/ — end it with Ctrl-C`)
else {
  fs.appendFileSync(tillFile, 'bread 3.20\ncroissant 1.10\nbread 3.20\n')
  for (const order of [{product: 'cake', price: 24}, {product: 'bread', price: 3.2}, {product: 'cake'}]) {
    const answer = await fetch(shop.url, {method: 'POST', body: JSON.stringify(order)})
    console.log(`web order of ${order.product}: ${answer.status} ${await answer.text()}`)
  }
  // a day ends after three measurements, and when the report knows of everything
  const {oven: before} = report.counts
  while (report.counts.till % 3 > 0 || report.counts.till === 0 || report.counts.oven < before + 3) await setTimeout(5)
  await close()
  console.log(report.text())
  fs.writeFileSync(`${dir}/report.html`, report.html())
}

process.once('SIGINT', close)
async function close(): Promise<void> {
  // first whatever brings in, then whoever reads
  oven.stop()
  await till.stop()
  while (consumer.lag().some(({lag}) => lag !== '0')) await setTimeout(5)
  fs.writeFileSync(`${dir}/metrics.txt`, metricsPage(cluster, consumer))
  await shop.close()
  await consumer.disconnect()
  await producer.disconnect()
  await cluster.close()
}
