import type { Value } from '../onnx/node.js'
import { matMul, mul, reshape, softmax, split, transpose } from '../onnx/ops/index.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout, LayerNorm } from './layers.js'
import { Linear } from './linear.js'
import { Module } from './module.js'

/** Multi-head self-attention: softmax(QKᵀ/√d)·V in every head (Vaswani et al., 2017). [batch, tokens, dim] to the same. */
export class Attention extends Module {
  readonly qkv: Linear
  readonly qNorm?: LayerNorm
  readonly kNorm?: LayerNorm
  readonly attentionDropout: Dropout
  readonly proj: Linear
  readonly dropout: Dropout
  private readonly heads: number
  private readonly headDim: number

  constructor(config: ViTConfig) {
    super()
    const { embedDim, numHeads, qkvBias, qkNorm, dropout, attentionDropout, initialization, layerNormEps } = config
    const { attentionWeight: weightInit, attentionBias: biasInit } = initializations[initialization]
    this.heads = numHeads
    this.headDim = embedDim / numHeads
    this.qkv = new Linear(embedDim, 3 * embedDim, { bias: qkvBias, weightInit, biasInit })
    if (qkNorm) {
      this.qNorm = new LayerNorm(this.headDim, layerNormEps)
      this.kNorm = new LayerNorm(this.headDim, layerNormEps)
    }
    this.attentionDropout = new Dropout(attentionDropout)
    this.proj = new Linear(embedDim, embedDim, { weightInit, biasInit })
    this.dropout = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const dim = this.heads * this.headDim
    const [q, k, v] = split(this.qkv.call(x), [dim, dim, dim], 2)
    const query = mul(this.splitHeads(q!, [0, 2, 1, 3], this.qNorm), this.headDim ** -0.5) // [batch, heads, tokens, headDim]
    const keyTransposed = this.splitHeads(k!, [0, 2, 3, 1], this.kNorm) // [batch, heads, headDim, tokens]
    const value = this.splitHeads(v!, [0, 2, 1, 3])
    const weights = this.attentionDropout.call(softmax(matMul(query, keyTransposed))) // [batch, heads, tokens, tokens]
    return this.dropout.call(this.proj.call(joinHeads(matMul(weights, value), dim)))
  }

  /** [batch, tokens, dim] to [batch, tokens, heads, headDim], normalised, with its axes in the order `perm`. */
  private splitHeads(x: Value, perm: readonly number[], norm?: LayerNorm): Value {
    const heads = splitHeads(x, this.heads, this.headDim)
    return transpose(norm ? norm.call(heads) : heads, perm)
  }
}

/** [batch, tokens, dim] to [batch, tokens, heads, headDim]. */
export const splitHeads = (x: Value, heads: number, headDim: number): Value => reshape(x, [0, 0, heads, headDim])

/** [batch, heads, tokens, headDim] to [batch, tokens, dim]. */
export const joinHeads = (x: Value, dim: number): Value => reshape(transpose(x, [0, 2, 1, 3]), [0, 0, dim])
