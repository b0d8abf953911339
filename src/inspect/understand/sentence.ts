import type { ViTConfig } from '../../nn/index.js'
import type { Difference } from './understanding.js'

/** One sentence about a Vision Transformer of this config. */
export function describeViT(config: Partial<ViTConfig>, differences: readonly Difference[]): string {
  const { depth, embedDim, numHeads, patchSize, imageSize, numClasses } = config
  const facts = [
    patchSize && `patches of ${patchSize} × ${patchSize} pixels`,
    `${depth} blocks${embedDim ? ` of width ${embedDim}` : ''}${numHeads ? ` with ${numHeads} heads` : ''}`,
    numClasses === 0 ? 'no head' : numClasses && `${numClasses} classes`,
  ].filter((fact) => fact)
  const pictures = imageSize ? ` for pictures of ${imageSize} × ${imageSize} pixels` : ''
  const [first, ...others] = differences
  const but = !first
    ? ''
    : others.length
      ? `, with ${differences.length} differences, the first: ${first.what}`
      : `, but ${first.what}`
  return `A Vision Transformer${pictures}: ${facts.join(', ')}${but}.`
}

/** A number with its noun: `1 block`, `12 blocks`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
