import { encodePng, type PreprocessorConfig } from '../../image/index.js'
import type { Tensor } from '../../onnx/index.js'
import type { PngImage } from './event.js'

/** Pictures side by side, and at most so many rows of them. */
const edge = 4

/**
 * The first pictures of a batch as the model sees them, made visible again: `pixels` is float32
 * [batch, channels, height, width], normalised as `preprocessor` says. Up to 16 go into one image, four in a row.
 */
export async function batchPicture(
  { data, shape }: Tensor,
  { rescaleFactor, mean, std, channelOrder }: PreprocessorConfig,
): Promise<PngImage> {
  const [batch, channels, height, width] = shape as [number, number, number, number]
  const count = Math.min(batch, edge * edge)
  const rowWidth = Math.min(count, edge) * width
  const rgb = new Uint8ClampedArray(Math.ceil(count / edge) * height * rowWidth * 3)
  const sources = channels === 1 ? [0, 0, 0] : channelOrder === 'bgr' ? [2, 1, 0] : [0, 1, 2]
  for (let i = 0; i < count; i++) {
    const corner = Math.floor(i / edge) * height * rowWidth + (i % edge) * width
    for (const [colour, channel] of sources.entries()) {
      const plane = (i * channels + channel) * height * width
      const [scale, shift] = [std[channel]! / rescaleFactor, mean[channel]! / rescaleFactor]
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          rgb[(corner + y * rowWidth + x) * 3 + colour] = Number(data[plane + y * width + x]) * scale + shift
    }
  }
  const size = { width: rowWidth, height: rgb.length / rowWidth / 3 }
  return { png: await encodePng(new Uint8Array(rgb.buffer), size.width, size.height), ...size }
}
