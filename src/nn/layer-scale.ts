import type { Value } from '../onnx/node.js'
import { mul } from '../onnx/ops/index.js'
import { constant } from './initializers.js'
import { Module, Parameter } from './module.js'

/** LayerScale (Touvron et al., "Going deeper with Image Transformers", 2021): a learned factor for every feature. */
export class LayerScale extends Module {
  readonly gamma: Parameter

  constructor(features: number, initValues: number) {
    super()
    this.gamma = new Parameter([features], constant(initValues))
  }

  forward(x: Value): Value {
    return mul(x, this.gamma.in(x.graph))
  }
}
