import { UserError } from '../errors.js'
import type { ViT } from '../nn/index.js'
import type { AdaptedTensors } from '../weights/index.js'
import type { Checkpoint } from './from-onnx/read-onnx-model.js'

/** What became of the tensors of a checkpoint, under timm's names. */
export interface LoadReport {
  /** The file that held the weights. */
  file: string
  /** The library whose names and layouts it had. */
  source: Checkpoint['weights']['source']
  /** How many of the model's parameters have values of the file. */
  matched: number
  /** Laid out otherwise in the file, such as a Linear's weight as [in, out]. */
  transposed: readonly string[]
  /** Made to fit, as `pos_embed 14×14 → 24×24`. */
  resized: readonly string[]
  /** Parameters that the file has nothing for: a head for other classes. */
  missing: readonly string[]
  /** Known and not needed, such as the tower for text. */
  leftOut: readonly string[]
  /** Not known, and without a place in the model. */
  unexpected: readonly string[]
  /** What else was noticed, in a few words each. */
  notes: readonly string[]
}

/** Parts of an encoder. A tensor there that has no place in ours would change the numbers. */
const encoder = /(^|[./])(blocks|resblocks|encoder|layers?|encoder_layers?)([./_]|$)/
const others = /decoder|text|teacher/

/** @throws UserError where a part of the file's model is not in ours, so that the numbers would differ */
export function reportOf(
  weights: Checkpoint['weights'],
  { resized, replaced }: AdaptedTensors,
  { parameters }: ViT,
): LoadReport {
  const { file, source, transposed, notes } = weights
  const foreign = weights.unexpected.find((name) => encoder.test(name) && !others.test(name))
  if (foreign)
    throw new UserError(
      `${file} has ${foreign}, for which Vitrine's Vision Transformer has no place: the numbers would differ, so choose another model`,
    )
  const missing = [...parameters.keys()].filter((name) => !weights.tensors.has(name) || replaced.includes(name))
  const unused = [...weights.tensors.keys()].filter((name) => !parameters.has(name))
  return {
    file,
    source,
    matched: parameters.size - missing.length,
    transposed,
    resized,
    missing,
    leftOut: [...weights.dropped, ...unused],
    unexpected: weights.unexpected,
    notes,
  }
}
