import { elementCount, float, int, isStatic, type Replacement, type Value } from '../../../onnx/index.js'
import type { Part } from '../../part.js'
import type { Pass } from '../pass.js'
import { replaceParts } from './parts.js'

/** The nodes of a decomposed LayerNorm become the operator of opset 17. */
export const fuseLayerNorm: Pass = {
  name: 'LayerNormalization',
  apply: (graph) => (graph.opset < 17 ? graph : replaceParts(graph, single)),
}

/** Whether the graph has LayerNorms that opset 17 has an operator for. */
export const isDecomposedNorm = ({ kind, details }: Part) => kind === 'layerNorm' && details.form === 'decomposed'

function single(part: Part): Replacement | undefined {
  const [x, ...others] = part.inputs
  if (!isDecomposedNorm(part) || !x?.isTyped || others.length > 0 || x.dtype !== 'float32') return undefined
  const { weight, bias } = part.weights
  const axes = Number(part.details.axes)
  const shape = x.shape.slice(-axes)
  if (!isStatic(shape) || !fits(weight, shape) || !fits(bias, shape)) return undefined
  const attributes = { axis: int(-axes), epsilon: float(Number(part.details.epsilon)) }
  const name = part.outputs[0]!.name
  const scale = weight ? weightOf(weight, shape, `${name}.weight`) : ones(shape, `${name}.weight`)
  const shift = bias && weightOf(bias, shape, `${name}.bias`)
  return {
    inputs: [x, ...scale.inputs, ...(shift?.inputs ?? [])],
    emit([x, ...given], graph) {
      const operands = [scale, shift].flatMap(
        (source) => source?.emit(given.splice(0, source.inputs.length), graph) ?? [],
      )
      return graph.emit('LayerNormalization', [x, ...operands], attributes)
    },
  }
}

/** A weight may come with leading axes of size 1. */
const fits = (weight: Value | undefined, shape: readonly number[]) =>
  !weight ||
  (weight.numbers !== undefined &&
    weight.dtype === 'float32' &&
    elementCount(weight.shape as number[]) === elementCount(shape))

/** The weight itself, or its numbers under another shape. */
function weightOf(weight: Value, shape: readonly number[], name: string): Replacement {
  if (weight.shape.join() === shape.join()) return { inputs: [weight], emit: (copies) => copies }
  return { inputs: [], emit: (_, graph) => [graph.initializer(name, 'float32', shape, weight.data!)] }
}

function ones(shape: readonly number[], name: string): Replacement {
  const data = new Float32Array(elementCount(shape)).fill(1)
  return { inputs: [], emit: (_, graph) => [graph.initializer(name, 'float32', shape, data)] }
}
