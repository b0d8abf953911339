import { attentionSchemas } from './ops/attention.js'
import { controlFlowSchemas } from './ops/control-flow.js'
import { convolutionSchemas, poolingSchemas } from './ops/convolution.js'
import { creationSchemas, moreCreationSchemas } from './ops/creation.js'
import { elementwiseSchemas, moreElementwiseSchemas } from './ops/elementwise.js'
import { indexingSchemas } from './ops/indexing.js'
import { layoutSchemas } from './ops/layout.js'
import { lossSchemas } from './ops/loss.js'
import { matrixSchemas, moreMatrixSchemas } from './ops/matrix.js'
import { microsoftSchemas } from './ops/microsoft.js'
import { moreNeuralSchemas, neuralSchemas } from './ops/neural.js'
import { normalizationSchemas } from './ops/normalization.js'
import { quantizationSchemas } from './ops/quantization.js'
import { moreReductionSchemas, reductionSchemas } from './ops/reduction.js'
import { moreSelectionSchemas, selectionSchemas } from './ops/selection.js'
import type { Schema } from './schema.js'

/** Every operator of the default domain that Vitrine can emit. */
export const schemas: Readonly<Record<string, Schema>> = {
  ...elementwiseSchemas,
  ...layoutSchemas,
  ...selectionSchemas,
  ...creationSchemas,
  ...reductionSchemas,
  ...matrixSchemas,
  ...convolutionSchemas,
  ...neuralSchemas,
}

/** Further operators of the default domain, whose shapes are known when they come in a file. */
export const importedSchemas: Readonly<Record<string, Schema>> = {
  ...moreElementwiseSchemas,
  ...moreSelectionSchemas,
  ...indexingSchemas,
  ...moreCreationSchemas,
  ...moreReductionSchemas,
  ...moreMatrixSchemas,
  ...poolingSchemas,
  ...moreNeuralSchemas,
  ...normalizationSchemas,
  ...attentionSchemas,
  ...quantizationSchemas,
  ...lossSchemas,
  ...controlFlowSchemas,
}

/** What infers the shapes of an operator, where that is known. */
export function schemaOf(domain: string, op: string): Schema | undefined {
  if (domain === 'com.microsoft') return own(microsoftSchemas, op)
  return domain === '' ? (own(schemas, op) ?? own(importedSchemas, op)) : undefined
}

/** A file may call its operators anything, `constructor` included. */
const own = (table: Readonly<Record<string, Schema>>, op: string) => (Object.hasOwn(table, op) ? table[op] : undefined)
