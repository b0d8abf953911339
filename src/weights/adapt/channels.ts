import type { Tensor } from '../../onnx/tensor.js'
import { toFloat32 } from '../float16.js'

/**
 * The patch embedding's kernel `[features, 3, height, width]` for another number of channels, as timm's
 * `adapt_input_conv` has it. For one channel it is the sum over red, green and blue: a grey picture gives what it gave
 * with its channel three times. For more, red, green and blue repeat, scaled so that the sum over channels stays alike.
 */
export function adaptChannels(kernel: Tensor, channels: number): Tensor {
  const [features, , height, width] = kernel.shape as [number, number, number, number]
  const { data } = toFloat32(kernel)
  const plane = height * width
  const adapted = new Float32Array(features * channels * plane)
  for (let i = 0; i < adapted.length; i++) {
    const pixel = i % plane
    const channel = Math.floor(i / plane) % channels
    const rgb = Math.floor(i / plane / channels) * 3 * plane + pixel
    adapted[i] =
      channels === 1
        ? data[rgb]! + data[rgb + plane]! + data[rgb + 2 * plane]!
        : data[rgb + (channel % 3) * plane]! * (3 / channels)
  }
  return { dtype: 'float32', shape: [features, channels, height, width], data: adapted }
}
