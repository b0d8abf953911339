import { encodeModel, Graph } from '../../dist/onnx/index.js'
import { inferenceGraph, loadModel } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { nodeRuntime } from '../../dist/runtime/node/runtime.js'
import { adamw, compileTrainStep, crossEntropy, defaultRecipe, sessionState } from '../../dist/train/index.js'
import { sinePixels } from '../lib/pixels.mjs'
import { atMost, info, milliseconds, ratio } from '../lib/rows.mjs'
import { missing, weights } from '../lib/shared.mjs'
import { medians, timed } from '../lib/timing.mjs'

const batch = 16
const rounds = 7
const labels = ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips']

export const skip = () => missing(weights)

/** A training step against three passes forward, the work it cannot do without: forward, and twice that backward. */
export async function* measure() {
  const model = await loadModel(nodeFiles, weights, { labels })
  const inference = await nodeRuntime.createSession(encodeModel(inferenceGraph(model)))
  const { graph, state } = compileTrainStep(model.vit.build(new Graph({ training: true }), batch), {
    loss: crossEntropy(defaultRecipe),
    optimizer: adamw(defaultRecipe),
    batch,
    clipNorm: defaultRecipe.clipNorm,
  })
  const training = await nodeRuntime.createSession(encodeModel(graph), {
    state: sessionState(state),
  })
  let step = 0
  const scalar = (value) => ({ dtype: 'float32', shape: [], data: new Float32Array([value]) })
  const stepTime = () => {
    const pixel_values = sinePixels([batch, 3, 224, 224])
    const labels = {
      dtype: 'int64',
      shape: [batch],
      data: BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 5)),
    }
    const feeds = { pixel_values, labels, learning_rate: scalar(1e-4), step: scalar(++step) }
    return timed(() => training.run(feeds))
  }
  const inferenceTime = () => {
    const feeds = { pixel_values: sinePixels([batch, 3, 224, 224]) }
    return timed(() => inference.run(feeds))
  }
  const [stepMedian, inferenceMedian] = await medians([stepTime, inferenceTime], rounds)
  yield atMost(
    `ViT-Ti training step, batch ${batch}, against three passes forward`,
    stepMedian / (3 * inferenceMedian),
    1.75,
    ratio,
  )
  yield info('… step, an image', milliseconds(stepMedian / batch))
  yield info('… pass forward, an image', milliseconds(inferenceMedian / batch))
  await training.close()
  await inference.close()
}
