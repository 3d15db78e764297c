/**
 * The murmur2 of KafkaJS before its version 2: with JavaScript's doubles in the place of 32-bit words, so it comes to other numbers than Kafka's. It is
 * here for topics whose keys were placed by it.
 */
export function legacyMurmur2(data: Uint8Array): number {
  const {length} = data
  let hash = SEED ^ length
  // beyond the end bytes are missing, which count as 0: it goes on for as long as i is below a quarter of the length, rounded up
  for (let i = 0; i < length / 4; i++) {
    const at = i * 4
    const byte = (of: number): number => (data[at + of] ?? 0) & 0xff
    let word = byte(0) + (byte(1) << 8) + (byte(2) << 16) + (byte(3) << 24)
    word *= M
    word ^= word >>> 24
    word *= M
    hash *= M
    hash ^= word
  }
  const whole = length & ~3
  const rest = length % 4
  if (rest > 2) hash ^= (data[whole + 2]! & 0xff) << 16
  if (rest > 1) hash ^= (data[whole + 1]! & 0xff) << 8
  if (rest > 0) {
    hash ^= data[whole]! & 0xff
    hash *= M
  }
  hash ^= hash >>> 13
  hash *= M
  hash ^= hash >>> 15
  return hash
}

const SEED = 0x9747b28c
const M = 0x5bd1e995
