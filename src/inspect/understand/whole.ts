import type { ViTConfig } from '../../nn/index.js'
import type { Graph, Value } from '../../onnx/index.js'
import { mainNode, nodeWords } from './blocks.js'
import { headShape } from './config.js'
import { epsilonOf, numberOf, traitsOf, usualTraits } from './layer-traits.js'
import type { Roles } from './roles.js'
import type { Difference } from './understanding.js'

/** What a graph as a whole has otherwise than nn/'s ViT: before, in all of, and after its blocks. */
export function wholeDifferences(graph: Graph, roles: Roles, config: Partial<ViTConfig>): Difference[] {
  return [...before(graph, roles, config), ...everywhere(roles), ...after(roles), ...epsilons(roles)]
}

function before(graph: Graph, { patchEmbedding, positionEmbedding }: Roles, { imageSize }: Partial<ViTConfig>) {
  const found: Difference[] = []
  if (!patchEmbedding) found.push({ what: 'no patch embedding was found' })
  else if (numberOf(patchEmbedding, 'patchSize') === undefined)
    found.push({
      what: `its patches of ${patchEmbedding.details.patchSize} pixels are no squares`,
      node: patchEmbedding.nodes[0]!,
    })
  if (!positionEmbedding) found.push({ what: 'no position embedding is added to the tokens' })
  else if (positionEmbedding.details.interpolated)
    found.push({
      what: `its position embedding is brought to the size of the picture (${nodeWords([positionEmbedding])})`,
      node: mainNode([positionEmbedding]),
      isMinor: true,
    })
  const pixels = graph.inputs.find((input) => input.isTyped && input.rank === 4)
  const [height, width] = pixels?.shape.slice(2) ?? []
  if (typeof height === 'number' && typeof width === 'number' && height !== width)
    found.push({ what: `its pictures of ${height}×${width} pixels are no squares` })
  else if (imageSize === undefined) found.push({ what: 'the size of its pictures is not known' })
  return found
}

/** What all layers have otherwise. */
function everywhere({ layers }: Roles): Difference[] {
  const { dim, heads, headDim, activation, norm, normKind } = usualTraits(layers.map(traitsOf))
  const [{ part, attention, mlp } = {}] = layers
  if (!part) return []
  const found: Difference[] = []
  const at = (other = part) => ({ node: other.nodes[0]! })
  if (norm === 'post') found.push({ what: 'its blocks normalise behind attention and MLP, not before', ...at() })
  if (normKind === 'RMSNorm') found.push({ what: 'its blocks have RMSNorm in place of LayerNorm', ...at() })
  if (dim && heads && headDim && heads * headDim !== dim)
    found.push({
      what: `its ${heads} heads of ${headDim} features are not as wide as its tokens of ${dim}`,
      ...at(attention),
    })
  if (activation !== undefined && !['gelu', 'geluTanh', 'quickGelu', 'silu'].includes(activation))
    found.push({ what: `its MLPs have the activation ${activation}`, ...at(mlp) })
  const products = layers
    .flatMap((layer) => layer.attention?.parts ?? [])
    .filter(({ kind }) => kind === 'scaledDotProduct')
  const masked = products.find(({ weights, inputs }) => inputs.length > 3 || (weights.mask && !isZero(weights.mask)))
  if (masked) found.push({ what: 'its attention has a bias or a mask on the scores', ...at(masked) })
  return found
}

/** Exporters write a mask that hides nothing as zeros. */
const isZero = (mask: Value): boolean => mask.isConstant && (mask.data as Float32Array).every((score) => score === 0)

function after({ norm, fcNorm, pooling, head, softmax, others }: Roles): Difference[] {
  const found: Difference[] = []
  if (softmax)
    found.push({ what: 'it gives probabilities: a Softmax follows the head', node: softmax.nodes[0]!, isMinor: true })
  if (!norm && !fcNorm) found.push({ what: 'no LayerNorm follows the last block' })
  if (norm && fcNorm) found.push({ what: 'there is a LayerNorm before pooling and one behind', node: fcNorm.nodes[0]! })
  if (!pooling) found.push({ what: 'its tokens are not pooled: it gives one vector for each', isMinor: true })
  else if (!['token', 'avg', 'token+avg', 'map'].includes(String(pooling.details.form)))
    found.push({ what: `its tokens are pooled by ${pooling.details.form}`, node: pooling.nodes[0]! })
  if (head.length > 0 && headShape(head) === undefined)
    found.push({
      what: `its head is ${head.map(({ kind, details }) => details.function ?? kind).join(', ')}`,
      node: head[0]!.nodes[0]!,
    })
  return [
    ...found,
    ...others.map((part) => ({
      what: `there is ${nodeWords([part])} that has no place in a ViT`,
      node: mainNode([part]),
    })),
  ]
}

/** nn/ has one epsilon for all norms. */
function epsilons({ layers, norm, fcNorm, normPre }: Roles): Difference[] {
  const { epsilon } = usualTraits(layers.map(traitsOf))
  const others = { 'the norm before the first block': normPre, 'the last norm': norm ?? fcNorm }
  return Object.entries(others).flatMap(([words, part]) => {
    const own = epsilonOf(part)
    if (!part || own === undefined || epsilon === undefined || own === epsilon) return []
    return {
      what: `${words} has the epsilon ${own} where those of the blocks have ${epsilon}`,
      node: part.nodes[0]!,
      isMinor: true,
    }
  })
}
