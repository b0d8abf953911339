import { referenceGradientErrors, referenceStepErrors, skipReference } from '../../dist/testing/pytorch-reference.js'
import { atMost, error } from '../lib/rows.mjs'

export const skip = () => skipReference || undefined

const worst = (errors) => [...errors].reduce((a, b) => (b[1] <= a[1] ? a : b))

/** Loss, gradients and AdamW steps of a small ViT against PyTorch in double precision; all errors are relative. */
export async function* measure() {
  const { loss, gradients } = await referenceGradientErrors()
  const { losses, norms, parameters } = await referenceStepErrors()
  const [parameter, largest] = worst(gradients)
  yield atMost('loss against PyTorch in float64', loss, 1e-4, error)
  yield atMost(`worst of ${gradients.size} gradients: ${parameter}`, largest, 1e-4, error)
  yield atMost('gradient of the input', gradients.get('input'), 1e-4, error)
  yield atMost(`losses of ${losses.length} AdamW steps`, Math.max(...losses), 1e-4, error)
  yield atMost(`gradient norms of ${norms.length} AdamW steps`, Math.max(...norms), 1e-4, error)
  const [changed, largestChange] = worst(parameters)
  yield atMost(`parameters after them, worst: ${changed}`, largestChange, 1e-4, error)
}
