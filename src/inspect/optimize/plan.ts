import { UserError } from '../../errors.js'
import type { Graph } from '../../onnx/index.js'
import { unexpand } from './clean/expanded.js'
import { foldConstants } from './clean/fold-constants.js'
import { useKnownShapes } from './clean/known-shapes.js'
import { removeNoOps } from './clean/no-ops.js'
import { shareEquals } from './clean/shared.js'
import { fuseAttention } from './fuse/attention.js'
import { onlyFirstTokens } from './fuse/first-tokens.js'
import { fuseGelu, isDecomposedGelu } from './fuse/gelu.js'
import { fuseLayerNorm, isDecomposedNorm } from './fuse/layer-norm.js'
import { foldLayerScale } from './fuse/layer-scale.js'
import { partsOf } from './fuse/parts.js'
import { linearToGemm } from './fuse/rows.js'
import { halveProducts } from './onnxruntime/halve-products.js'
import { fuseQuickGelu } from './onnxruntime/quick-gelu.js'
import { convertOpset, newestOpset } from './opset/convert.js'
import { isOp, type Pass } from './pass.js'

/** What a graph is optimised for. */
export interface Target {
  /** With ONNX Runtime's own operators, for no other runtime. */
  onnxruntime?: boolean | undefined
  /** With the operator Attention of opset 23, which few runtimes have yet. */
  attention?: boolean | undefined
  /** The version of the default domain to write; as far as the fused operators need it otherwise. */
  opset?: number | undefined
}

/** What exporters leave behind: repeated until nothing changes. */
export const cleaning: readonly Pass[] = [foldConstants, useKnownShapes, unexpand, removeNoOps, shareEquals]

/** The passes after cleaning, in order; each is followed by cleaning. */
export function fusing({ onnxruntime, attention }: Target): Pass[] {
  const form = onnxruntime ? 'MultiHeadAttention' : attention ? 'Attention' : 'plain'
  return [
    fuseLayerNorm,
    fuseGelu,
    ...(onnxruntime ? [fuseQuickGelu] : []),
    fuseAttention(form),
    linearToGemm,
    foldLayerScale,
    onlyFirstTokens,
    ...(onnxruntime ? [halveProducts] : []),
  ]
}

/** The pass that brings the opset up to what fusing needs; a note where that is not possible, and not asked for. */
export function raiseOpset(graph: Graph, target: Target): { pass?: Pass; note?: string } {
  const opset = target.opset ?? wantedOpset(graph, target)
  if (opset === graph.opset) return {}
  try {
    const converted = convertOpset(graph, opset)
    return { pass: { name: `opset ${graph.opset} to ${opset}`, apply: () => converted } }
  } catch (error) {
    if (!(error instanceof UserError) || target.opset !== undefined) throw error
    return { note: `opset ${graph.opset} stays, so less can be fused: ${error.message}` }
  }
}

/** The least opset that has an operator for everything that is found decomposed. */
function wantedOpset(graph: Graph, { attention, onnxruntime }: Target): number {
  const parts = partsOf(graph)
  const needed = [graph.opset]
  // ONNX Runtime's own optimizer writes these operators into files of older opsets, which are then no valid models.
  const has = (op: string) => graph.nodes.some((node) => isOp(node, op))
  if (has('LayerNormalization') || parts.some(isDecomposedNorm)) needed.push(17)
  if (has('Gelu') || parts.some(isDecomposedGelu)) needed.push(20)
  if (attention && !onnxruntime && parts.some(({ kind }) => kind === 'attention')) needed.push(newestOpset)
  return Math.max(...needed)
}
