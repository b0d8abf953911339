import type { Value } from '../onnx/node.js'
import { mul, split } from '../onnx/ops/index.js'
import { activationOf } from './activations.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout } from './layers.js'
import { Linear } from './linear.js'
import { Module } from './module.js'

/** The feed-forward part of an encoder layer: Linear, activation, Linear, applied to every token. */
export class Mlp extends Module {
  readonly fc1: Linear
  readonly act: Module
  readonly dropout1: Dropout
  readonly fc2: Linear
  readonly dropout2: Dropout

  constructor(config: ViTConfig) {
    super()
    const { embedDim, dropout, initialization } = config
    const { mlpWeight: weightInit, mlpBias: biasInit } = initializations[initialization]
    const hidden = hiddenFeatures(config)
    this.fc1 = new Linear(embedDim, hidden, { weightInit, biasInit })
    this.act = activationOf(config)
    this.dropout1 = new Dropout(dropout)
    this.fc2 = new Linear(hidden, embedDim, { weightInit, biasInit })
    this.dropout2 = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const hidden = this.dropout1.call(this.act.call(this.fc1.call(x)))
    return this.dropout2.call(this.fc2.call(hidden))
  }
}

/**
 * A feed-forward part whose first half of hidden features, activated, gates the second (Shazeer, "GLU Variants Improve
 * Transformer", 2020), as in DINOv2's giant model. Both halves come from one Linear.
 */
export class SwiGlu extends Module {
  readonly fc1: Linear
  readonly act: Module
  readonly dropout1: Dropout
  readonly fc2: Linear
  readonly dropout2: Dropout
  private readonly half: number

  constructor(config: ViTConfig) {
    super()
    const { embedDim, dropout, initialization } = config
    const { mlpWeight: weightInit, mlpBias: biasInit } = initializations[initialization]
    this.half = hiddenFeatures(config) / 2
    this.fc1 = new Linear(embedDim, 2 * this.half, { weightInit, biasInit })
    this.act = activationOf(config)
    this.dropout1 = new Dropout(dropout)
    this.fc2 = new Linear(this.half, embedDim, { weightInit, biasInit })
    this.dropout2 = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const [gate, value] = split(this.fc1.call(x), [this.half, this.half], 2)
    const hidden = this.dropout1.call(mul(this.act.call(gate!), value!))
    return this.dropout2.call(this.fc2.call(hidden))
  }
}

/** What the first Linear of a feed-forward part gives. */
export const hiddenFeatures = ({ embedDim, mlpRatio }: Pick<ViTConfig, 'embedDim' | 'mlpRatio'>) =>
  Math.floor(embedDim * mlpRatio)

/** The mlpRatio with which `hiddenFeatures` gives `hidden` again: their quotient, rounded up where that takes it. */
export function ratioOf(hidden: number, embedDim: number): number {
  const ratio = hidden / embedDim
  return hiddenFeatures({ embedDim, mlpRatio: ratio }) === hidden ? ratio : ratio * (1 + Number.EPSILON)
}
