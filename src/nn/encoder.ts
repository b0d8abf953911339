import type { Value } from '../onnx/node.js'
import { add } from '../onnx/ops/index.js'
import { Attention } from './attention.js'
import type { ViTConfig } from './config.js'
import { DropPath, LayerNorm } from './layers.js'
import { Mlp } from './mlp.js'
import { Module } from './module.js'

/**
 * One layer of the encoder, normalising before each part (Dosovitskiy et al., 2020, equations 2 and 3).
 * [batch, tokens, dim] to the same.
 */
export class EncoderLayer extends Module {
  readonly norm1: LayerNorm
  readonly attn: Attention
  readonly dropPath1: DropPath
  readonly norm2: LayerNorm
  readonly mlp: Mlp
  readonly dropPath2: DropPath

  constructor(config: ViTConfig, dropPath: number) {
    super()
    this.norm1 = new LayerNorm(config.embedDim, config.layerNormEps)
    this.attn = new Attention(config)
    this.dropPath1 = new DropPath(dropPath)
    this.norm2 = new LayerNorm(config.embedDim, config.layerNormEps)
    this.mlp = new Mlp(config)
    this.dropPath2 = new DropPath(dropPath)
  }

  forward(x: Value): Value {
    x = add(x, this.dropPath1.call(this.attn.call(this.norm1.call(x))))
    return add(x, this.dropPath2.call(this.mlp.call(this.norm2.call(x))))
  }
}

/** A stack of encoder layers and a last LayerNorm over all tokens. [batch, tokens, dim] to the same. */
export class Encoder extends Module {
  readonly layers: EncoderLayer[]
  readonly norm: LayerNorm

  constructor(config: ViTConfig) {
    super()
    const { depth, dropPath, embedDim, layerNormEps } = config
    this.layers = Array.from(
      { length: depth },
      (_, i) => new EncoderLayer(config, (dropPath * i) / Math.max(depth - 1, 1)),
    )
    this.norm = new LayerNorm(embedDim, layerNormEps)
  }

  forward(x: Value): Value {
    for (const layer of this.layers) x = layer.call(x)
    return this.norm.call(x)
  }
}
