import type { Value } from '../onnx/node.js'
import { add, div, layerNormalization, mul, pow, reduceMean, sqrt, sub } from '../onnx/ops/index.js'
import { constant } from './initializers.js'
import { Module, Parameter } from './module.js'
import { randomMask } from './random-mask.js'

/** Layer normalization over the last axis (Ba, Kiros and Hinton, 2016). Starts as the plain normalization: weight 1, bias 0. */
export class LayerNorm extends Module {
  readonly weight: Parameter
  readonly bias: Parameter

  constructor(
    features: number,
    readonly eps: number,
  ) {
    super()
    this.weight = new Parameter([features], constant(1))
    this.bias = new Parameter([features], constant(0))
  }

  forward(x: Value): Value {
    const { graph } = x
    const [weight, bias] = [this.weight.in(graph), this.bias.in(graph)]
    if (graph.opset >= 17) return layerNormalization(x, weight, bias, this.eps)
    const centred = sub(x, reduceMean(x, [-1]))
    const deviation = sqrt(add(reduceMean(pow(centred, 2), [-1]), this.eps))
    return add(mul(div(centred, deviation), weight), bias)
  }
}

/** Sets a share `rate` of the elements to zero while training, and scales the others up (Srivastava et al., 2014). */
export class Dropout extends Module {
  constructor(readonly rate: number) {
    super()
  }

  forward(x: Value): Value {
    if (!x.graph.training || this.rate === 0) return x
    return mul(x, randomMask(x.graph, x.shape, this.rate))
  }
}

/**
 * Drops the whole residual branch for a share `rate` of the samples while training (stochastic depth, Huang et al.,
 * 2016): x is [batch, ...].
 */
export class DropPath extends Module {
  constructor(readonly rate: number) {
    super()
  }

  forward(x: Value): Value {
    if (!x.graph.training || this.rate === 0) return x
    const perSample = x.shape.map((dim, i) => (i === 0 ? dim : 1))
    return mul(x, randomMask(x.graph, perSample, this.rate))
  }
}
