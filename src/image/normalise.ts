import type { RgbImage } from './decode.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

const { fround } = Math

/** Pixels as the model wants them, float32 [channels, height, width], of a picture that has its input's size. */
export function normalisePicture(picture: RgbImage, config: PreprocessorConfig): Float32Array {
  const { mean, std, rescaleFactor, channelOrder } = config
  const area = picture.width * picture.height
  const result = new Float32Array(mean.length * area)
  const grey = mean.length === 1
  const bytes = grey ? lumaOf(picture) : picture.data
  const step = grey ? 1 : 3
  for (const [channel, centre] of mean.entries()) {
    const table = tableOf(rescaleFactor, centre, std[channel]!)
    const start = channelOrder === 'bgr' && !grey ? 2 - channel : channel
    for (let i = 0, from = start, to = channel * area; i < area; i++, from += step, to++)
      result[to] = table[bytes[from]!]!
  }
  return result
}

/** What each byte becomes, rounded to float32 after each operation, as the graph for evaluation does. */
function tableOf(rescaleFactor: number, mean: number, std: number): Float32Array {
  const [scale, centre, spread] = [rescaleFactor, mean, std].map(fround) as [number, number, number]
  return Float32Array.from({ length: 256 }, (_, byte) => fround(fround(byte * scale) - centre) / spread)
}

/** Pillow's mode L, one byte a pixel: the luma of ITU-R BT.601 in 16-bit fixed point. */
export function lumaOf({ data }: RgbImage): Uint8Array {
  const luma = new Uint8Array(data.length / 3)
  for (let pixel = 0, i = 0; pixel < luma.length; pixel++, i += 3)
    luma[pixel] = (19595 * data[i]! + 38470 * data[i + 1]! + 7471 * data[i + 2]! + 0x8000) >> 16
  return luma
}
