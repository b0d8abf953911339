import type { Value } from '../onnx/node.js'
import { add, concat, conv, expand, reshape, shape, slice, transpose } from '../onnx/ops/index.js'
import { patchCount, type ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout, LayerNorm } from './layers.js'
import { Module, Parameter } from './module.js'

/** A convolution whose kernel is its stride: one linear map of every patch. [batch, in, H, W] to [batch, dim, H/P, W/P]. */
export class PatchProjection extends Module {
  readonly weight: Parameter
  readonly bias?: Parameter

  constructor(readonly config: ViTConfig) {
    super()
    const { embedDim, inChannels, patchSize, preNorm, initialization } = config
    const { patchWeight, patchBias } = initializations[initialization]
    this.weight = new Parameter([embedDim, inChannels, patchSize, patchSize], patchWeight)
    if (!preNorm) this.bias = new Parameter([embedDim], patchBias)
  }

  forward(pixels: Value): Value {
    const { graph } = pixels
    const { patchSize } = this.config
    return conv(pixels, this.weight.in(graph), this.bias?.in(graph), [patchSize, patchSize])
  }
}

/**
 * From pixels to tokens (Dosovitskiy et al., 2020, equation 1): patches are projected, the tokens that stand for no patch
 * are put in front, and every place gets its learned position embedding. [batch, in, H, W] to [batch, tokens, dim].
 */
export class PatchEmbedding extends Module {
  readonly projection: PatchProjection
  readonly classToken?: Parameter
  readonly distillationToken?: Parameter
  readonly registerTokens?: Parameter
  readonly positionEmbedding: Parameter
  readonly dropout: Dropout
  readonly norm?: LayerNorm

  constructor(private readonly config: ViTConfig) {
    super()
    const { embedDim, regTokens, noEmbedClass, dropout } = config
    const init = initializations[config.initialization]
    const patches = patchCount(config)
    this.projection = new PatchProjection(config)
    if (config.classToken) this.classToken = new Parameter([1, 1, embedDim], init.classToken)
    if (config.distillation) this.distillationToken = new Parameter([1, 1, embedDim], init.classToken)
    if (regTokens > 0) this.registerTokens = new Parameter([1, regTokens, embedDim], init.classToken)
    const embedded = noEmbedClass ? patches : patches + prefixCount(config)
    this.positionEmbedding = new Parameter([1, embedded, embedDim], init.positionEmbedding)
    this.dropout = new Dropout(dropout)
    if (config.preNorm) this.norm = new LayerNorm(embedDim, config.layerNormEps)
  }

  forward(pixels: Value): Value {
    const { embedDim, noEmbedClass } = this.config
    const projected = this.projection.call(pixels) // [batch, dim, H/P, W/P]
    const patches = transpose(reshape(projected, [0, embedDim, patchCount(this.config)]), [0, 2, 1])
    const position = this.positionEmbedding.in(pixels.graph)
    const tokens = noEmbedClass
      ? this.behindPrefix(add(patches, position), pixels)
      : add(this.behindPrefix(patches, pixels), position)
    const embedding = this.dropout.call(tokens)
    return this.norm ? this.norm.call(embedding) : embedding
  }

  /** The patches behind the tokens for class, distillation and registers. */
  private behindPrefix(patches: Value, pixels: Value): Value {
    const learned = [this.classToken, this.distillationToken, this.registerTokens]
    const prefix = learned.flatMap((token) => (token ? [token.in(pixels.graph)] : []))
    if (prefix.length === 0) return patches
    const together = prefix.length === 1 ? prefix[0]! : concat(prefix, 1)
    return concat([this.repeatForBatch(together, pixels), patches], 1)
  }

  /** [1, tokens, dim] to [batch, tokens, dim]. */
  private repeatForBatch(token: Value, pixels: Value): Value {
    const batch = pixels.shape[0]!
    if (typeof batch === 'number') return expand(token, [batch, ...token.shape.slice(1)] as number[])
    const one = pixels.graph.constant('int64', [1])
    return expand(token, concat([slice(shape(pixels), [0], [1], [0]), one, one], 0))
  }
}

/** How many tokens stand before the patches. */
export const prefixCount = ({ classToken, distillation, regTokens }: ViTConfig): number =>
  Number(classToken) + Number(distillation) + regTokens
