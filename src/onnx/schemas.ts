import type { Node, TensorType } from './node.js'
import { creationSchemas } from './ops/creation.js'
import { elementwiseSchemas } from './ops/elementwise.js'
import { layoutSchemas } from './ops/layout.js'
import { matrixSchemas } from './ops/matrix.js'
import { neuralSchemas } from './ops/neural.js'
import { reductionSchemas } from './ops/reduction.js'
import { selectionSchemas } from './ops/selection.js'

/**
 * Checks a node's arguments and tells the types of its outputs, optional ones included; `outputCount` is how many are
 * asked for. Nothing is returned where they depend on what is only computed at run time.
 * @throws where the arguments do not fit
 */
export type Schema = (node: Node, outputCount: number) => TensorType | readonly TensorType[] | undefined

/** Every operator of the default domain that Vitrine can emit or read with shapes. */
export const schemas: Readonly<Record<string, Schema>> = {
  ...elementwiseSchemas,
  ...layoutSchemas,
  ...selectionSchemas,
  ...creationSchemas,
  ...reductionSchemas,
  ...matrixSchemas,
  ...neuralSchemas,
}
