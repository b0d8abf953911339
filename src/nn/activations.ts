import type { Value } from '../onnx/node.js'
import { gelu, geluTanh, mul, relu, sigmoid, tanh } from '../onnx/ops/index.js'
import type { ViTConfig } from './config.js'
import { Module } from './module.js'

/** The exact Gaussian error linear unit x·Φ(x) (Hendrycks and Gimpel, 2016). */
export class Gelu extends Module {
  forward(x: Value): Value {
    return gelu(x)
  }
}

/** The tanh form of GELU, up to 5e-4 off the exact one: what flax and SigLIP compute. */
export class GeluTanh extends Module {
  forward(x: Value): Value {
    return geluTanh(x)
  }
}

/** x·σ(1.702x), another stand-in for GELU: what OpenAI's CLIP computes. */
export class QuickGelu extends Module {
  forward(x: Value): Value {
    return mul(x, sigmoid(mul(x, 1.702)))
  }
}

/** The sigmoid linear unit x·σ(x), also known as swish (Elfwing et al., 2017). */
export class Silu extends Module {
  forward(x: Value): Value {
    return mul(x, sigmoid(x))
  }
}

export class Relu extends Module {
  forward(x: Value): Value {
    return relu(x)
  }
}

export class Tanh extends Module {
  forward(x: Value): Value {
    return tanh(x)
  }
}

const activations = { gelu: Gelu, geluTanh: GeluTanh, quickGelu: QuickGelu, silu: Silu }

/** The layer that an option names. */
export const activationOf = ({ activation }: Pick<ViTConfig, 'activation'>): Module => new activations[activation]()
