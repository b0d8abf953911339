import type { Value } from '../onnx/node.js'
import type { ViTConfig } from './config.js'
import { initializations } from './initialization.js'
import { Dropout, Gelu } from './layers.js'
import { Linear } from './linear.js'
import { Module } from './module.js'

/** The feed-forward part of an encoder layer: Linear, GELU, Linear, applied to every token. */
export class Mlp extends Module {
  readonly fc1: Linear
  readonly act = new Gelu()
  readonly dropout1: Dropout
  readonly fc2: Linear
  readonly dropout2: Dropout

  constructor({ embedDim, mlpRatio, dropout, initialization }: ViTConfig) {
    super()
    const { mlpWeight: weightInit, mlpBias: biasInit } = initializations[initialization]
    const hidden = Math.floor(embedDim * mlpRatio)
    this.fc1 = new Linear(embedDim, hidden, { weightInit, biasInit })
    this.dropout1 = new Dropout(dropout)
    this.fc2 = new Linear(hidden, embedDim, { weightInit, biasInit })
    this.dropout2 = new Dropout(dropout)
  }

  forward(x: Value): Value {
    const hidden = this.dropout1.call(this.act.call(this.fc1.call(x)))
    return this.dropout2.call(this.fc2.call(hidden))
  }
}
