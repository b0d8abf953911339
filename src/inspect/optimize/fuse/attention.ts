import {
  type Attributes,
  concatFloats,
  float,
  type Graph,
  int,
  Node,
  ops,
  type Replacement,
  type Value,
} from '../../../onnx/index.js'
import type { Runtime } from '../../../runtime/session.js'
import { numbersFor } from '../clean/known-shapes.js'
import { vendorDomain } from '../onnxruntime/vendor-domain.js'
import type { Pass } from '../pass.js'
import { emitLinear } from './linear.js'
import { partsOf, replaceValues } from './parts.js'
import { type Projection, type SelfAttention, selfAttentionOf, type Tokens } from './self-attention.js'

/** By which operators softmax(QKᵀ·scale)·V is computed. */
export type AttentionForm = 'plain' | 'Attention' | 'MultiHeadAttention'

const names: Readonly<Record<AttentionForm, string>> = {
  plain: 'one product for queries, keys and values',
  Attention: 'Attention of opset 23',
  MultiHeadAttention: 'MultiHeadAttention of ONNX Runtime',
}

/** Self-attention in the same few nodes, however an exporter has written it. */
export const fuseAttention = (form: AttentionForm): Pass => ({
  name: names[form],
  async apply(graph, runtime) {
    const replacements = new Map<Value, Replacement>()
    for (const attention of await attentionsIn(graph, runtime))
      replacements.set(attention.output.value, replacementFor(attention, form))
    return replaceValues(graph, replacements)
  },
})

async function attentionsIn(graph: Graph, runtime: Runtime): Promise<SelfAttention[]> {
  const found = []
  for (const part of partsOf(graph).filter(({ kind }) => kind === 'attention'))
    found.push(await selfAttentionOf(part, runtime))
  return found.filter((attention) => attention !== undefined)
}

function replacementFor(attention: SelfAttention, form: AttentionForm): Replacement {
  const { x, output } = attention
  const emit = { plain: emitPlain, Attention: emitAttention, MultiHeadAttention: emitMultiHead }[form]
  return {
    inputs: [x.value],
    emit([copy]) {
      const samples = bySample(copy!, attention)
      return [inFormOf(output, emit(samples, attention))]
    },
  }
}

/** [batch, tokens, features] of what queries, keys and values are made of. */
function bySample(x: Value, { x: { tokensFirst }, tokens, inFeatures }: SelfAttention): Value {
  if (!tokensFirst) return x.rank === 3 ? x : ops.reshape(x, [-1, tokens, inFeatures])
  return ops.transpose(x.rank === 3 ? x : ops.reshape(x, [tokens, -1, inFeatures]), [1, 0, 2])
}

/** [batch, tokens, dim] in the form that the product behind it takes. */
function inFormOf({ value, tokensFirst }: Tokens, y: Value): Value {
  const ordered = tokensFirst ? ops.transpose(y, [1, 0, 2]) : y
  return value.rank === 3 ? ordered : ops.reshape(ordered, [-1, Number(y.shape[2])])
}

/**
 * softmax(QKᵀ)·V in plain operators, the scale within the weights of the queries. Heads of queries, keys and values lie side
 * by side, since runtimes transpose four axes faster than five.
 */
function emitPlain(x: Value, { projections: [q, k, v], scale, heads, headDim, tokens }: SelfAttention): Value {
  const [batch] = numbersFor(x)!
  const product = emitProducts(x, [times(q, scale), k, v])
  const [query, key, value] = ops.split(
    ops.reshape(product, [batch!, tokens, 3 * heads, headDim]),
    [heads, heads, heads],
    2,
  )
  const byHead = [0, 2, 1, 3]
  const scores = ops.matMul(ops.transpose(query!, byHead), ops.transpose(key!, [0, 2, 3, 1]))
  const joined = ops.transpose(ops.matMul(ops.softmax(scores), ops.transpose(value!, byHead)), byHead)
  return ops.reshape(joined, [batch!, tokens, heads * headDim])
}

/** By the operator of opset 23, which takes queries, keys and values as the product gives them. */
function emitAttention(x: Value, { projections, scale, heads, headDim }: SelfAttention): Value {
  const dim = heads * headDim
  const inputs = ops.split(emitProducts(x, projections), [dim, dim, dim], 2)
  const attributes = { q_num_heads: int(heads), kv_num_heads: int(heads), scale: float(scale) }
  return emitOperator('Attention', '', inputs, attributes)
}

/** By ONNX Runtime's own operator. */
function emitMultiHead(x: Value, { projections, scale, heads, headDim }: SelfAttention): Value {
  const dim = heads * headDim
  x.graph.domains.set(vendorDomain, 1)
  const inputs = ops.split(emitProducts(x, projections), [dim, dim, dim], 2)
  return emitOperator('MultiHeadAttention', vendorDomain, inputs, { num_heads: int(heads), scale: float(scale) })
}

/** Queries, keys and values, [batch, tokens, dim] each, to the same. */
function emitOperator(op: string, domain: string, inputs: readonly Value[], attributes: Attributes): Value {
  const { graph, name, dtype, shape } = inputs[0]!
  const node = new Node(graph, op, `${name}/${op}`, inputs, attributes, domain)
  return graph.append(node, [`${node.name}_output_0`], [{ dtype, shape }])[0]!
}

function times({ weight, bias }: Projection, factor: number): Projection {
  return { weight: weight.map((x) => x * factor), bias: bias?.map((x) => x * factor) }
}

/** One product for several projections, side by side in the last axis. */
function emitProducts(x: Value, projections: readonly Projection[]): Value {
  const { graph } = x
  const inFeatures = Number(x.shape[2])
  const weight = concatFloats(projections.map(({ weight }) => weight))
  const rows = weight.length / inFeatures
  const bias =
    projections.some(({ bias }) => bias) &&
    concatFloats(projections.map((p) => p.bias ?? new Float32Array(p.weight.length / inFeatures)))
  const name = freeName(graph, `${x.name}.qkv`)
  return emitLinear(x, {
    weight: graph.initializer(`${name}.weight`, 'float32', [rows, inFeatures], weight),
    bias: bias ? graph.initializer(`${name}.bias`, 'float32', [rows], bias) : undefined,
    transposed: true,
  })!
}

/** The name, or one like it that no weight of the graph has yet. */
function freeName(graph: Graph, name: string): string {
  let free = name
  for (let i = 2; graph.initializers.has(`${free}.weight`); i++) free = `${name}_${i}`
  return free
}
