import { importedGradients, importedModels, skipImported } from '../../dist/testing/imported-models.js'
import { atMost, error } from '../lib/rows.mjs'

export const skip = () => skipImported || undefined

/** Gradients on graphs that PyTorch exported, against central differences; each model's worst relative error. */
export async function* measure() {
  for (const name of importedModels) {
    const pairs = await importedGradients(name)
    const errors = pairs.map(
      ({ actual, expected }) => Math.abs(actual - expected) / Math.max(Math.abs(actual), Math.abs(expected)),
    )
    yield atMost(`${name}: worst of ${pairs.length}`, Math.max(...errors), 1e-2, error)
  }
}
