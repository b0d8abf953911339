import type { Value } from '../onnx/node.js'
import { add } from '../onnx/ops/index.js'
import { Attention } from './attention.js'
import type { ViTConfig } from './config.js'
import { LayerScale } from './layer-scale.js'
import { DropPath, LayerNorm } from './layers.js'
import { Mlp, SwiGlu } from './mlp.js'
import { Module } from './module.js'

/**
 * One layer of the encoder, normalising before each part (Dosovitskiy et al., 2020, equations 2 and 3).
 * [batch, tokens, dim] to the same.
 */
export class EncoderLayer extends Module {
  readonly norm1: LayerNorm
  readonly attn: Attention
  readonly ls1?: LayerScale
  readonly dropPath1: DropPath
  readonly norm2: LayerNorm
  readonly mlp: Mlp | SwiGlu
  readonly ls2?: LayerScale
  readonly dropPath2: DropPath

  constructor(config: ViTConfig, dropPath: number) {
    super()
    const { embedDim, layerNormEps, initValues } = config
    this.norm1 = new LayerNorm(embedDim, layerNormEps)
    this.attn = new Attention(config)
    if (initValues > 0) this.ls1 = new LayerScale(embedDim, initValues)
    this.dropPath1 = new DropPath(dropPath)
    this.norm2 = new LayerNorm(embedDim, layerNormEps)
    this.mlp = config.mlp === 'swiglu' ? new SwiGlu(config) : new Mlp(config)
    if (initValues > 0) this.ls2 = new LayerScale(embedDim, initValues)
    this.dropPath2 = new DropPath(dropPath)
  }

  forward(x: Value): Value {
    x = add(x, this.dropPath1.call(scaled(this.attn.call(this.norm1.call(x)), this.ls1)))
    return add(x, this.dropPath2.call(scaled(this.mlp.call(this.norm2.call(x)), this.ls2)))
  }
}

const scaled = (x: Value, scale?: LayerScale) => (scale ? scale.call(x) : x)

/**
 * A stack of encoder layers and a last LayerNorm over all tokens, where it does not come after pooling.
 * [batch, tokens, dim] to the same.
 */
export class Encoder extends Module {
  readonly layers: EncoderLayer[]
  readonly norm?: LayerNorm

  constructor(config: ViTConfig) {
    super()
    const { depth, dropPath, embedDim, layerNormEps } = config
    this.layers = Array.from(
      { length: depth },
      (_, i) => new EncoderLayer(config, (dropPath * i) / Math.max(depth - 1, 1)),
    )
    if (!config.fcNorm) this.norm = new LayerNorm(embedDim, layerNormEps)
  }

  forward(x: Value): Value {
    for (const layer of this.layers) x = layer.call(x)
    return this.norm ? this.norm.call(x) : x
  }
}
