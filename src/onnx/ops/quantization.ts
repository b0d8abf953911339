import type { Schema } from '../schema.js'
import { dtypeFrom } from './common.js'
import { productShape } from './matrix.js'

/** Schemas of the operators that round numbers to few bits and compute with those. */

/** x, scale, zero point. */
const quantizeSchema: Schema = (node) => ({
  dtype: node.inputs[2]?.dtype ?? dtypeFrom(node, 'output_dtype') ?? 'uint8',
  shape: node.input(0).shape,
})

const dequantizeSchema: Schema = (node) => ({
  dtype: dtypeFrom(node, 'output_dtype') ?? node.input(1).dtype,
  shape: node.input(0).shape,
})

/** The rounded values, their scale and their zero point. */
const dynamicQuantizeSchema: Schema = (node) => [
  { dtype: 'uint8', shape: node.input(0).shape },
  { dtype: 'float32', shape: [] },
  { dtype: 'uint8', shape: [] },
]

const matMulIntegerSchema: Schema = (node) => ({
  dtype: 'int32',
  shape: productShape(node, node.input(0), node.input(1)),
})

/** Each factor with its scale and zero point, then those of the result. */
const qLinearMatMulSchema: Schema = (node) => ({
  dtype: node.input(7).dtype,
  shape: productShape(node, node.input(0), node.input(3)),
})

export const quantizationSchemas: Record<string, Schema> = {
  QuantizeLinear: quantizeSchema,
  DequantizeLinear: dequantizeSchema,
  DynamicQuantizeLinear: dynamicQuantizeSchema,
  MatMulInteger: matMulIntegerSchema,
  QLinearMatMul: qLinearMatMulSchema,
}
