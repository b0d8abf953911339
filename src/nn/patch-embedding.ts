import type { Value } from '../onnx/node.js'
import { add, concat, conv, expand, reshape, shape, slice, transpose } from '../onnx/ops/index.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout } from './layers.js'
import { Module, Parameter } from './module.js'

/** A convolution whose kernel is its stride: one linear map of every patch. [batch, in, H, W] to [batch, dim, H/P, W/P]. */
export class PatchProjection extends Module {
  readonly weight: Parameter
  readonly bias: Parameter

  constructor(readonly config: ViTConfig) {
    super()
    const { embedDim, inChannels, patchSize, initialization } = config
    this.weight = new Parameter(
      [embedDim, inChannels, patchSize, patchSize],
      initializations[initialization].patchWeight,
    )
    this.bias = new Parameter([embedDim], initializations[initialization].patchBias)
  }

  forward(pixels: Value): Value {
    const { graph } = pixels
    const { patchSize } = this.config
    return conv(pixels, this.weight.in(graph), this.bias.in(graph), [patchSize, patchSize])
  }
}

/**
 * From pixels to tokens (Dosovitskiy et al., 2020, equation 1): patches are projected, the class token is put in front,
 * and every place gets its learned position embedding. [batch, in, H, W] to [batch, patches + 1, dim].
 */
export class PatchEmbedding extends Module {
  readonly projection: PatchProjection
  readonly classToken: Parameter
  readonly positionEmbedding: Parameter
  readonly dropout: Dropout
  private readonly patches: number
  private readonly dim: number

  constructor(config: ViTConfig) {
    super()
    const { imageSize, patchSize, embedDim, dropout } = config
    const init = initializations[config.initialization]
    this.dim = embedDim
    this.patches = (imageSize / patchSize) ** 2
    this.projection = new PatchProjection(config)
    this.classToken = new Parameter([1, 1, embedDim], init.classToken)
    this.positionEmbedding = new Parameter([1, this.patches + 1, embedDim], init.positionEmbedding)
    this.dropout = new Dropout(dropout)
  }

  forward(pixels: Value): Value {
    const { graph } = pixels
    const projected = this.projection.call(pixels) // [batch, dim, H/P, W/P]
    const patches = transpose(reshape(projected, [0, this.dim, this.patches]), [0, 2, 1])
    const classToken = this.repeatForBatch(this.classToken.in(graph), pixels)
    const tokens = concat([classToken, patches], 1)
    return this.dropout.call(add(tokens, this.positionEmbedding.in(graph)))
  }

  /** [1, 1, dim] to [batch, 1, dim]. */
  private repeatForBatch(token: Value, pixels: Value): Value {
    const batch = pixels.shape[0]!
    if (typeof batch === 'number') return expand(token, [batch, 1, this.dim])
    const one = pixels.graph.constant('int64', [1])
    return expand(token, concat([slice(shape(pixels), [0], [1], [0]), one, one], 0))
  }
}
