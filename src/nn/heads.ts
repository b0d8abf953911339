import type { Value } from '../onnx/node.js'
import { Relu, Tanh } from './activations.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { constant, xavierUniform } from './initializers.js'
import { Dropout } from './layers.js'
import { Linear } from './linear.js'
import { Module } from './module.js'

/** The representation layer that models pretrained on ImageNet-21k have before their head: Linear and tanh. */
export class PreLogits extends Module {
  readonly fc: Linear
  readonly act = new Tanh()

  constructor(config: ViTConfig) {
    super()
    this.fc = new Linear(pooledFeatures(config), config.representationSize, {
      weightInit: xavierUniform(),
      biasInit: constant(0),
    })
  }

  forward(x: Value): Value {
    return this.act.call(this.fc.call(x))
  }
}

/** The two-layer head of the Paddle notes: Linear, ReLU, dropout, Linear, dropout. [batch, dim] to [batch, classes]. */
export class MlpHead extends Module {
  readonly fc1: Linear
  readonly act = new Relu()
  readonly dropout1: Dropout
  readonly fc2: Linear
  readonly dropout2: Dropout

  constructor(config: ViTConfig) {
    super()
    const { embedDim, numClasses, dropout } = config
    this.fc1 = new Linear(pooledFeatures(config), embedDim, headInit(config))
    this.dropout1 = new Dropout(dropout)
    this.fc2 = new Linear(embedDim, numClasses, headInit(config))
    this.dropout2 = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const hidden = this.dropout1.call(this.act.call(this.fc1.call(x)))
    return this.dropout2.call(this.fc2.call(hidden))
  }
}

/** The features of a picture that go to the head. */
export const pooledFeatures = ({ pooling, embedDim }: ViTConfig): number =>
  pooling === 'token+avg' ? 2 * embedDim : embedDim

/** How the weights of either head start. */
export function headInit({ initialization }: ViTConfig) {
  const { headWeight: weightInit, headBias: biasInit } = initializations[initialization]
  return { weightInit, biasInit }
}
