import { firstTokensOnly, fusedAttention, halvedProduct, separateProducts } from '../../inspect/optimize/index.js'
import { type Graph, isTyped, rewrite } from '../../onnx/index.js'

/**
 * The graph as ONNX Runtime computes it fastest; its results differ by rounding alone. For a session in this process,
 * not for files: it has operators that only ONNX Runtime knows. What it does not recognise stays as it is.
 */
export function forInference(graph: Graph): Graph {
  if (!isTyped(graph)) return graph
  return firstTokensOnly(
    rewrite(graph, (node) => fusedAttention(node) ?? separateProducts(node) ?? halvedProduct(node)),
  )
}
