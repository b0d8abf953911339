import { creationSchemas } from './ops/creation.js'
import { elementwiseSchemas } from './ops/elementwise.js'
import { layoutSchemas } from './ops/layout.js'
import { matrixSchemas } from './ops/matrix.js'
import { neuralSchemas } from './ops/neural.js'
import { reductionSchemas } from './ops/reduction.js'
import { selectionSchemas } from './ops/selection.js'
import type { Schema } from './schema.js'

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
