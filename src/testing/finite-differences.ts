import { gradients } from '../autodiff/index.js'
import { encodeModel, Graph, ops, type Tensor, type Value } from '../onnx/index.js'
import { Random } from '../random.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Tensors } from '../runtime/session.js'

/** Builds the operation under test from float32 inputs of the given shapes. */
export type Build = (...inputs: Value[]) => Value

/** float32 numbers from a normal distribution. */
export function randomTensor(shape: readonly number[], random: Random): Tensor {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal())
  return { dtype: 'float32', shape, data }
}

/** |a - b| / |b| in the Euclidean norm. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2
    norm += b[i]! ** 2
  }
  return a.length === b.length ? Math.sqrt(difference / norm) : Number.POSITIVE_INFINITY
}

/**
 * The largest relative error between the gradients that autodiff emits for Σ w·y, with random w, and central
 * differences of it. y is float32; the sum is taken in double precision, which leaves about 1e-3 of rounding.
 */
export async function gradientError(
  build: Build,
  tensors: readonly Tensor[],
  opset = 20,
  step = 1e-2,
): Promise<number> {
  const graph = new Graph({ opset })
  const inputs = tensors.map((tensor, i) => graph.input(`x${i}`, 'float32', tensor.shape))
  const y = build(...inputs)
  const weights = randomTensor(y.shape as number[], new Random('weights'))
  const w = graph.initializer('w', 'float32', weights.shape, weights.data)
  const loss = ops.reduceSum(
    ops.mul(y, w),
    y.shape.map((_, i) => i),
    false,
  )
  for (const [i, gradient] of gradients(loss, inputs).entries()) if (gradient) graph.output(`dx${i}`, gradient)
  graph.output('y', y)
  const session = await inlineRuntime.createSession(encodeModel(graph))
  const lossAt = async (feeds: Tensors) => {
    const { data } = (await session.run(feeds)).y!
    return (data as Float32Array).reduce((sum, value, i) => sum + value * Number(weights.data[i]), 0)
  }
  const feeds = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]))
  const results = await session.run(feeds)
  let worst = 0
  for (const [i, tensor] of tensors.entries()) {
    const numeric = new Float64Array(tensor.data.length)
    for (let j = 0; j < numeric.length; j++) {
      const moved = async (by: number) => {
        const data = (tensor.data as Float32Array).slice()
        data[j] = data[j]! + by
        return lossAt({ ...feeds, [`x${i}`]: { ...tensor, data } })
      }
      numeric[j] = ((await moved(step)) - (await moved(-step))) / (2 * step)
    }
    worst = Math.max(worst, relativeError(results[`dx${i}`]!.data as Float32Array, numeric))
  }
  await session.close()
  return worst
}
