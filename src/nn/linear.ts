import type { Value } from '../onnx/node.js'
import { add, gemm, reshape } from '../onnx/ops/index.js'
import type { Initializer } from './initializers.js'
import type { LowRank } from './low-rank.js'
import { Module, Parameter } from './module.js'

export interface LinearOptions {
  bias?: boolean
  weightInit: Initializer
  biasInit: Initializer
}

/** y = x·Wᵀ + b over the last axis: [..., in] to [..., out]. W is [out, in], as PyTorch keeps it. */
export class Linear extends Module {
  readonly weight: Parameter
  readonly bias?: Parameter
  /** What LoRA adds to the result. */
  lora?: LowRank

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, weightInit, biasInit }: LinearOptions,
  ) {
    super()
    this.weight = new Parameter([outFeatures, inFeatures], weightInit)
    if (bias) this.bias = new Parameter([outFeatures], biasInit)
  }

  forward(x: Value): Value {
    // One Gemm over all rows takes W as it is and adds the bias in the same pass; reshaping moves no data.
    const rows = x.rank === 2 ? x : reshape(x, [-1, this.inFeatures])
    const own = gemm(rows, this.weight.in(x.graph), this.bias?.in(x.graph), { transB: true })
    const y = this.lora ? add(own, this.lora.call(rows)) : own
    if (x.rank === 2) return y
    const leading = x.shape.slice(0, -1).map((dim) => (typeof dim === 'number' ? dim : -1))
    return reshape(y, [...leading, this.outFeatures])
  }
}
