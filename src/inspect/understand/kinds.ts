import type { Part } from '../part.js'

type OfKind = Pick<Part, 'kind' | 'details'> | undefined

/** Whether a part normalises features. */
export const isNorm = (part: OfKind): boolean => part?.kind === 'layerNorm' || part?.kind === 'rmsNorm'

/** Whether a part is one node that adds two values and normalises their sum. */
export const isSkipNorm = (part: OfKind): boolean => part?.details.form === 'SkipLayerNormalization'

/** Whether a part is a function of one value, as between the products of an MLP. */
export const isActivation = (part: OfKind): boolean =>
  part?.kind === 'gelu' || part?.kind === 'silu' || part?.kind === 'activation'
