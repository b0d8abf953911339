import type { Value } from '../onnx/node.js'
import { gemm, mul } from '../onnx/ops/index.js'
import { constant, type Initializer } from './initializers.js'
import { Module, Parameter } from './module.js'

/** A learned change of a weight that is a product of two thin matrices: scale · (x·Aᵀ)·Bᵀ, [rows, in] to [rows, out]. */
export class LowRank extends Module {
  /** [rank, in] */
  readonly a: Parameter
  /** [out, rank]: zero at the start, so that the model starts as it was. */
  readonly b: Parameter

  constructor(
    inFeatures: number,
    outFeatures: number,
    rank: number,
    readonly scale: number,
    aInit: Initializer,
  ) {
    super()
    this.a = new Parameter([rank, inFeatures], aInit)
    this.b = new Parameter([outFeatures, rank], constant(0))
  }

  forward(x: Value): Value {
    const { graph } = x
    // The scale goes where the fewest numbers are.
    const projected = mul(gemm(x, this.a.in(graph), undefined, { transB: true }), this.scale)
    return gemm(projected, this.b.in(graph), undefined, { transB: true })
  }
}
