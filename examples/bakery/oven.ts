import type {Producer} from 'odradek/kafkajs'

/** Sends what the oven's thermometer shows, every so many ms. */
export function measureOven(producer: Producer, everyMs: number): {stop(): void} {
  let measured = 0
  const timer = setInterval(() => {
    const degrees = 220 + (measured++ % 3) * 5
    producer
      .send({topic: 'oven', messages: [{value: JSON.stringify({degrees})}]})
      .catch(error => console.error('the oven was not measured:', error.message))
  }, everyMs)
  return {stop: () => clearInterval(timer)}
}
