import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * The messages of TensorBoard's event files, as far as they are written here. Field numbers are those of
 * https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto (event.proto and summary.proto).
 */

/** A PNG file and its size in pixels. */
export interface PngImage {
  png: Uint8Array
  height: number
  width: number
}

/** How values are spread: `counts[i]` of them are at most `limits[i]`, and above the limit before. */
export interface Histogram {
  min: number
  max: number
  count: number
  sum: number
  sumOfSquares: number
  limits: readonly number[]
  counts: readonly number[]
}

/** One value of a summary: under a tag, which the charts are grouped by, one kind of content. */
export type Value = { tag: string } & ({ scalar: number } | { image: PngImage } | { histogram: Histogram })

/** What an event tells. */
export type Content = { fileVersion: string } | { values: readonly Value[] } | { restart: true }

/** An `Event`, of a time in seconds since 1970. */
export function encodeEvent(time: number, step: number, content: Content): Uint8Array {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(time)
  // A missing step means 0.
  if (step !== 0) event.tag(2, WireType.Varint).int64(step)
  if ('fileVersion' in content) event.tag(3, WireType.LengthDelimited).string(content.fileVersion)
  else if ('values' in content)
    message(event, 5, (summary) => {
      for (const value of content.values) writeValue(summary, value)
    })
  // SessionLog with the status START.
  else message(event, 7, (log) => log.tag(1, WireType.Varint).int32(1))
  return event.finish()
}

function writeValue(summary: BinaryWriter, value: Value): void {
  message(summary, 1, (writer) => {
    writer.tag(1, WireType.LengthDelimited).string(value.tag)
    if ('scalar' in value) writer.tag(2, WireType.Bit32).float(toFloat(value.scalar))
    else if ('image' in value) message(writer, 4, (image) => writeImage(image, value.image))
    else message(writer, 5, (histogram) => writeHistogram(histogram, value.histogram))
  })
}

function writeImage(writer: BinaryWriter, { png, height, width }: PngImage): void {
  const rgb = 3
  for (const [i, value] of [height, width, rgb].entries()) writer.tag(i + 1, WireType.Varint).int32(value)
  writer.tag(4, WireType.LengthDelimited).bytes(png)
}

function writeHistogram(writer: BinaryWriter, histogram: Histogram): void {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogram
  for (const [i, value] of [min, max, count, sum, sumOfSquares].entries())
    writer.tag(i + 1, WireType.Bit64).double(value)
  for (const [number, list] of [
    [6, limits],
    [7, counts],
  ] as const) {
    writer.tag(number, WireType.LengthDelimited).fork()
    for (const value of list) writer.double(value)
    writer.join()
  }
}

function message(writer: BinaryWriter, field: number, write: (part: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}

/** The encoder refuses numbers beyond float32, which a loss that runs away can be. */
const toFloat = (value: number) => Math.fround(value)
