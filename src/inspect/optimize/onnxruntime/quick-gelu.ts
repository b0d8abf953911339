import { float, Node, type Replacement } from '../../../onnx/index.js'
import type { Part } from '../../part.js'
import { replaceParts } from '../fuse/parts.js'
import type { Pass } from '../pass.js'
import { vendorDomain } from './vendor-domain.js'

/** x·σ(1.702x), CLIP's GELU, by ONNX Runtime's own operator. */
export const fuseQuickGelu: Pass = { name: 'QuickGelu of ONNX Runtime', apply: (graph) => replaceParts(graph, single) }

function single({ kind, details, inputs, outputs }: Part): Replacement | undefined {
  const [x] = inputs
  if (kind !== 'gelu' || details.approximate !== 'quick' || details.form !== 'decomposed') return undefined
  if (!x?.isTyped || x.dtype !== 'float32') return undefined
  const { name } = outputs[0]!
  return {
    inputs: [x],
    emit([x], graph) {
      graph.domains.set(vendorDomain, 1)
      const node = new Node(graph, 'QuickGelu', `${name}/QuickGelu`, [x], { alpha: float(1.702) }, vendorDomain)
      return graph.append(node, [name], [{ dtype: 'float32', shape: x!.shape }])
    },
  }
}
