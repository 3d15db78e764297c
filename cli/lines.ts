import {UsageError} from './failure.ts'

const LINE_FEED = 10

/** The lines of a stream of bytes, without their line feeds, as many at a time as a chunk has. The last line needs no line feed. */
export async function* linesOf(source: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Buffer[]> {
  let parts: Uint8Array[] = []
  let partBytes = 0
  let before = 0
  for await (const bytes of source) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const lines: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const line = chunk.subarray(start, end)
      lines.push(parts.length === 0 ? line : Buffer.concat([...parts, line]))
      parts = []
      partBytes = 0
      start = end + 1
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start))
      partBytes += chunk.length - start
    }
    before += lines.length
    if (lines.length > 0) yield lines
    if (partBytes > lineBytesMax)
      throw new UsageError(`line ${before + 1} is longer than ${lineBytesMax} bytes; is this a text file?`)
  }
  if (parts.length > 0) yield [Buffer.concat(parts)]
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')
const CARRIAGE_RETURN = 13

/** A line as other systems write it, too: without the mark before the first one, and the carriage return before the line feed. */
export function lineOf(ended: Buffer, number: number): Buffer {
  const start =
    number === 1 && ended.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  return ended.subarray(start, ended.at(-1) === CARRIAGE_RETURN ? -1 : undefined)
}
