import { type Graph, rewrite } from '../../onnx/index.js'
import { halvedProduct, separateProducts } from './columns.js'
import { firstTokensOnly } from './first-tokens.js'
import { fusedAttention } from './fused-attention.js'

/**
 * The graph as ONNX Runtime computes it fastest; its results differ by rounding alone. For a session in this process,
 * not for files: it has operators that only ONNX Runtime knows. What it does not recognise stays as it is.
 */
export function forInference(graph: Graph): Graph {
  // Behind an operator without shape inference, nothing can be recognised.
  if (graph.nodes.some(({ outputs }) => outputs.some((value) => value && !value.isTyped))) return graph
  return firstTokensOnly(
    rewrite(graph, (node) => fusedAttention(node) ?? separateProducts(node) ?? halvedProduct(node)),
  )
}
