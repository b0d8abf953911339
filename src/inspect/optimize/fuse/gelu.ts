import { type Replacement, string } from '../../../onnx/index.js'
import type { Part } from '../../part.js'
import type { Pass } from '../pass.js'
import { replaceParts } from './parts.js'

/** The nodes of a decomposed GELU, exact or by tanh, become the operator of opset 20. */
export const fuseGelu: Pass = {
  name: 'Gelu',
  apply: (graph) => (graph.opset < 20 ? graph : replaceParts(graph, single)),
}

/** Whether it is a GELU that opset 20 has an operator for. */
export const isDecomposedGelu = ({ kind, details: { form, approximate } }: Part) =>
  kind === 'gelu' && form === 'decomposed' && (approximate === 'none' || approximate === 'tanh')

function single(part: Part): Replacement | undefined {
  const [x] = part.inputs
  if (!isDecomposedGelu(part) || !x?.isTyped || x.dtype !== 'float32') return undefined
  const approximate = String(part.details.approximate)
  return {
    inputs: [x],
    emit: ([x], graph) => graph.emit('Gelu', [x], approximate === 'tanh' ? { approximate: string('tanh') } : {}),
  }
}
