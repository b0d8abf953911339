import type { Value } from '../onnx/node.js'
import { add, gather, matMul, mul, softmax, split, transpose } from '../onnx/ops/index.js'
import { joinHeads, splitHeads } from './attention.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { truncatedNormal } from './initializers.js'
import { LayerNorm } from './layers.js'
import { Linear } from './linear.js'
import { Mlp } from './mlp.js'
import { Module, Parameter } from './module.js'

/**
 * Multi-head attention pooling (MAP; Lee et al., "Set Transformer", 2019; Zhai et al., 2021), SigLIP's way to one vector
 * a picture: a learned query attends to all tokens, and an MLP follows. [batch, tokens, dim] to [batch, dim].
 */
export class AttentionPooling extends Module {
  readonly latent: Parameter
  readonly q: Linear
  readonly kv: Linear
  readonly proj: Linear
  readonly norm: LayerNorm
  readonly mlp: Mlp
  private readonly heads: number
  private readonly headDim: number

  constructor(config: ViTConfig) {
    super()
    const { embedDim, numHeads, layerNormEps, initialization } = config
    const { attentionWeight: weightInit, attentionBias: biasInit } = initializations[initialization]
    this.heads = numHeads
    this.headDim = embedDim / numHeads
    this.latent = new Parameter([1, 1, embedDim], truncatedNormal(embedDim ** -0.5))
    this.q = new Linear(embedDim, embedDim, { weightInit, biasInit })
    this.kv = new Linear(embedDim, 2 * embedDim, { weightInit, biasInit })
    this.proj = new Linear(embedDim, embedDim, { weightInit, biasInit })
    this.norm = new LayerNorm(embedDim, layerNormEps)
    this.mlp = new Mlp(config)
  }

  forward(x: Value): Value {
    const dim = this.heads * this.headDim
    const split4 = (tokens: Value, perm: readonly number[]) =>
      transpose(splitHeads(tokens, this.heads, this.headDim), perm)
    const [k, v] = split(this.kv.call(x), [dim, dim], 2)
    const query = mul(split4(this.q.call(this.latent.in(x.graph)), [0, 2, 1, 3]), this.headDim ** -0.5) // [1, heads, 1, headDim]
    const weights = softmax(matMul(query, split4(k!, [0, 2, 3, 1]))) // [batch, heads, 1, tokens]
    const context = joinHeads(matMul(weights, split4(v!, [0, 2, 1, 3])), dim) // [batch, 1, dim]
    const pooled = this.proj.call(context)
    return gather(add(pooled, this.mlp.call(this.norm.call(pooled))), 0, 1)
  }
}
