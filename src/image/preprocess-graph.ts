import { Graph, ops, type Value } from '../onnx/index.js'
import { type PreprocessorConfig, paddingNeeded } from './preprocessor-config.js'
import { cut, resize } from './resize.js'
import type { Stretch } from './stretch.js'
import { type SizeValues, targetSize } from './target-size.js'

/** Preprocessing as ONNX ops, so that it runs and ships with the model. */

/**
 * The graph that prepares a picture for evaluation:
 * `image` uint8 [height, width, 3] → `pixel_values` float32 [1, channels, crop height, crop width].
 */
export function evaluationGraph(config: PreprocessorConfig): Graph {
  const graph = new Graph({ name: 'evaluation_preprocessing' })
  const image = graph.input('image', 'uint8', ['height', 'width', 3])
  graph.output('pixel_values', evaluationPixels(image, config))
  return graph
}

/** Emits the evaluation preprocessing of `image` into its graph, for models that take pictures as they are. */
export function evaluationPixels(image: Value, config: PreprocessorConfig): Value {
  const { graph } = image
  return graph.scope('preprocessing', () => {
    const size = sizeOf(image)
    const target = targetSize(size, config.resize)
    const rows = place(size.height, target.height, config.crop.height, config)
    const columns = place(size.width, target.width, config.crop.width, config)
    const keepsSize = 'fit' in config.resize && config.resize.fit === 'none'
    const taken = (keepsSize ? cut : resize)(image, rows, columns, config)
    return normalise(pad(taken, rows, columns, config), config)
  })
}

function sizeOf(image: Value): SizeValues {
  const size = ops.shape(image)
  return { height: ops.slice(size, [0], [1], [0]), width: ops.slice(size, [1], [2], [0]) }
}

interface Placed extends Stretch {
  /** How much of the crop lies before and after the resized picture, int64 [1]. */
  before: Value
  after: Value
}

/** Where the crop lies on an axis. */
function place(from: Value, to: Value, crop: number, { align }: PreprocessorConfig): Placed {
  const left = ops.max(ops.sub(to, crop), 0)
  const missing = ops.max(ops.sub(crop, to), 0)
  const zero = from.graph.constant('int64', [0])
  const before = align === 'corner' ? zero : ops.div(missing, 2)
  const half = ops.div(left, 2)
  // Python's round: of one half and three halves, the even neighbours are 0 and 2.
  const roundedUp = ops.mul(ops.mod(left, 2), ops.mod(half, 2))
  const first = align === 'corner' ? zero : align === 'centreFloor' ? half : ops.add(half, roundedUp)
  return { from, to, first, count: ops.min(to, crop), before, after: ops.sub(missing, before) }
}

/** float32 [1, channels, ≤ crop height, ≤ crop width] with `fill` around it, where the picture is smaller than the crop. */
function pad(x: Value, rows: Placed, columns: Placed, config: PreprocessorConfig): Value {
  if (!paddingNeeded(config)) return x
  const { graph } = x
  const colour = channels(graph, 'fill', config.fill ?? config.mean.map(() => 0))
  const count = graph.constant('int64', [1, config.mean.length])
  const area = (height: Value, width: Value) => ops.expand(colour, ops.concat([count, height, width], 0))
  const [above, below] = [rows.before, rows.after].map((height) => area(height, columns.count))
  const height = graph.constant('int64', [config.crop.height])
  const [left, right] = [columns.before, columns.after].map((width) => area(height, width))
  return ops.concat([left!, ops.concat([above!, x, below!], 2), right!], 3)
}

/** float32 [1, channels, height, width] in bytes → the same, rescaled and normalised channel by channel. */
function normalise(x: Value, { crop, channelOrder, rescaleFactor, mean, std }: PreprocessorConfig): Value {
  const { graph } = x
  // The sizes are known here, but were lost on the way to shape inference.
  const bytes = ops.reshape(x, [1, mean.length, crop.height, crop.width])
  const ordered = channelOrder === 'bgr' ? ops.gather(bytes, graph.constant('int64', [2, 1, 0]), 1) : bytes
  const centred = ops.sub(ops.mul(ordered, rescaleFactor), channels(graph, 'mean', mean))
  return ops.div(centred, channels(graph, 'std', std))
}

/** One value a channel, to go with [batch, channels, height, width]. */
function channels(graph: Graph, name: string, values: readonly number[]): Value {
  return graph.initializer(name, 'float32', [1, values.length, 1, 1], Float32Array.from(values))
}
