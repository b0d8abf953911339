import type { Value } from '../onnx/node.js'
import { matMul, mul, reshape, softmax, split, transpose } from '../onnx/ops/index.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout } from './layers.js'
import { Linear } from './linear.js'
import { Module } from './module.js'

/** Multi-head self-attention: softmax(QKᵀ/√d)·V in every head (Vaswani et al., 2017). [batch, tokens, dim] to the same. */
export class Attention extends Module {
  readonly qkv: Linear
  readonly attentionDropout: Dropout
  readonly proj: Linear
  readonly dropout: Dropout
  private readonly heads: number
  private readonly headDim: number

  constructor({ embedDim, numHeads, qkvBias, dropout, attentionDropout, initialization }: ViTConfig) {
    super()
    const { attentionWeight: weightInit, attentionBias: biasInit } = initializations[initialization]
    this.heads = numHeads
    this.headDim = embedDim / numHeads
    this.qkv = new Linear(embedDim, 3 * embedDim, { bias: qkvBias, weightInit, biasInit })
    this.attentionDropout = new Dropout(attentionDropout)
    this.proj = new Linear(embedDim, embedDim, { weightInit, biasInit })
    this.dropout = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const dim = this.heads * this.headDim
    const [q, k, v] = split(this.qkv.call(x), [dim, dim, dim], 2)
    const query = mul(this.splitHeads(q!, [0, 2, 1, 3]), this.headDim ** -0.5) // [batch, heads, tokens, headDim]
    const keyTransposed = this.splitHeads(k!, [0, 2, 3, 1]) // [batch, heads, headDim, tokens]
    const value = this.splitHeads(v!, [0, 2, 1, 3])
    const weights = this.attentionDropout.call(softmax(matMul(query, keyTransposed))) // [batch, heads, tokens, tokens]
    const context = transpose(matMul(weights, value), [0, 2, 1, 3]) // [batch, tokens, heads, headDim]
    return this.dropout.call(this.proj.call(reshape(context, [0, 0, dim])))
  }

  /** [batch, tokens, dim] to [batch, tokens, heads, headDim] with its axes in the order `perm`. */
  private splitHeads(x: Value, perm: readonly number[]): Value {
    return transpose(reshape(x, [0, 0, this.heads, this.headDim]), perm)
  }
}
