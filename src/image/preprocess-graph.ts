import { Graph, ops, type Value } from '../onnx/index.js'
import type { PreprocessorConfig, Size } from './preprocessor-config.js'

/**
 * Preprocessing as ONNX ops, so that it runs and ships with the model. `Resize` works on bytes: like Pillow it then rounds
 * and clips after each of its two passes, widths before heights, and agrees with Pillow within 1/255. (Pillow 13 takes
 * heights first where that is cheaper, which tells only where the aspect changes.)
 */

/**
 * The graph that prepares a picture for evaluation:
 * `image` uint8 [height, width, 3] → `pixel_values` float32 [1, 3, crop height, crop width]. Needs opset 18.
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
    const size = targetSize(image, config.resize)
    const resized = resize(image, size, config)
    return normalise(centreCrop(resized, size, config.crop), config)
  })
}

/**
 * The graph that prepares a picture for training: the rectangle `crop`, int64 [top, left, height, width], is cut out,
 * resized to the model's input, and mirrored where the int64 scalar `flip` is 1.
 * `image` uint8 [height, width, 3] → `pixel_values` float32 [1, 3, crop height, crop width].
 */
export function augmentationGraph(config: PreprocessorConfig): Graph {
  const graph = new Graph({ name: 'training_preprocessing' })
  const image = graph.input('image', 'uint8', ['height', 'width', 3])
  const crop = graph.input('crop', 'int64', [4])
  const flip = graph.input('flip', 'int64', [])
  const start = ops.slice(crop, [0], [2], [0])
  const end = ops.add(start, ops.slice(crop, [2], [4], [0]))
  const cut = ops.slice(image, start, end, [0, 1])
  const resized = resize(cut, sizeVector(graph, config.crop), config)
  graph.output('pixel_values', normalise(mirror(resized, flip, config.crop.width), config))
  return graph
}

/** The size to resize to, int64 [height, width]: as torchvision, the long side becomes ⌊shortest edge · long / short⌋. */
function targetSize(image: Value, target: PreprocessorConfig['resize']): Value {
  if (!('shortestEdge' in target)) return sizeVector(image.graph, target)
  const size = ops.slice(ops.shape(image), [0], [2], [0])
  const short = ops.min(ops.gather(size, 0, 0), ops.gather(size, 1, 0))
  return ops.div(ops.mul(size, target.shortestEdge), short)
}

/** uint8 [height, width, 3] → uint8 [1, 3, ...size]. */
function resize(image: Value, size: Value, { resample }: PreprocessorConfig): Value {
  const channelsFirst = ops.unsqueeze(ops.transpose(image, [2, 0, 1]), [0])
  const shape = ops.concat([image.graph.constant('int64', [1, 3]), size], 0)
  return ops.resize(channelsFirst, shape, { mode: resample === 'bicubic' ? 'cubic' : 'linear', antialias: true })
}

/** The middle of the picture; half pixels are rounded to even, as torchvision does by way of Python's `round`. */
function centreCrop(x: Value, size: Value, crop: Size): Value {
  const cropSize = sizeVector(x.graph, crop)
  const margin = ops.cast(ops.sub(size, cropSize), 'float32')
  const start = ops.cast(ops.round(ops.mul(margin, 0.5)), 'int64')
  return ops.slice(x, start, ops.add(start, cropSize), [2, 3])
}

/** Mirrors the columns where `flip` is 1 and leaves them where it is 0: column i comes from i + flip·(width − 1 − 2i). */
function mirror(x: Value, flip: Value, width: number): Value {
  const columns = Array.from({ length: width }, (_, i) => i)
  const straight = x.graph.constant('int64', columns)
  const way = x.graph.constant(
    'int64',
    columns.map((i) => width - 1 - 2 * i),
  )
  return ops.gather(x, ops.add(straight, ops.mul(way, flip)), 3)
}

/** uint8 [1, 3, height, width] → float32 of the same shape, rescaled and normalised channel by channel. */
function normalise(x: Value, { crop, rescaleFactor, mean, std }: PreprocessorConfig): Value {
  const channels = (name: string, values: readonly number[]) =>
    x.graph.initializer(name, 'float32', [1, 3, 1, 1], Float32Array.from(values))
  // The sizes are known here, but were lost on the way to shape inference.
  const bytes = ops.reshape(x, [1, 3, crop.height, crop.width])
  const rescaled = ops.mul(ops.cast(bytes, 'float32'), rescaleFactor)
  return ops.div(ops.sub(rescaled, channels('mean', mean)), channels('std', std))
}

function sizeVector(graph: Graph, { height, width }: Size): Value {
  return graph.constant('int64', [height, width])
}
