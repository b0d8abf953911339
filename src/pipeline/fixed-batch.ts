import { elementCount, type Tensor } from '../onnx/index.js'

/**
 * Runs a model that was exported for exactly `size` pictures on any number of them: in parts, the last one filled up
 * with zeros. `pixels` [n, …], `run` maps [size, …] to [size, classes]; gives [n, classes].
 */
export async function runInParts(
  pixels: Tensor,
  size: number,
  run: (part: Tensor) => Promise<Tensor>,
): Promise<Tensor> {
  const [count = 0, ...picture] = pixels.shape
  const each = elementCount(picture)
  const rows: number[] = []
  let classes = 0
  for (let first = 0; first < count; first += size) {
    const data = new Float32Array(size * each)
    data.set((pixels.data as Float32Array).subarray(first * each, (first + size) * each))
    const logits = await run({ dtype: 'float32', shape: [size, ...picture], data })
    classes = logits.shape.at(-1)!
    rows.push(...(logits.data as Float32Array).subarray(0, Math.min(size, count - first) * classes))
  }
  return { dtype: 'float32', shape: [count, classes], data: Float32Array.from(rows) }
}
