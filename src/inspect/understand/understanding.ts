import type { ViTConfig } from '../../nn/index.js'
import type { Node } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'

/**
 * What a model is: a Vision Transformer, also one with `differences`; a transformer behind or among convolutions; another
 * transformer, such as over text or within windows; a convolutional network; an MLP-Mixer; or something else.
 */
export type ModelKind = 'vit' | 'hybrid' | 'transformer' | 'cnn' | 'mixer' | 'other'

/** Something that a Vision Transformer does not have, or has otherwise. */
export interface Difference {
  /** In plain words, such as `block 5 has a Conv (node /blocks.5/mix/Conv) where others have attention`. */
  what: string
  /** Where it is. */
  node?: Node
  /** Whether the weights fit nn/'s ViT all the same: only what becomes of its numbers differs, or they do so a little. */
  isMinor?: boolean
}

/** What a graph computes, recognised by its structure alone. */
export interface Understanding {
  kind: ModelKind
  /** One sentence that says what the model is. It claims nothing that was not recognised. */
  sentence: string
  /** Preprocessing, encoder and postprocessing, as far as there are such; every node that is no constant is in one of them. */
  stages: readonly Part[]
  /** The options of nn/'s ViT that compute the same. All that matter for it where `differences` is empty. */
  config?: Partial<ViTConfig>
  /** Empty where the graph computes exactly what nn/'s ViT of that config does. */
  differences: readonly Difference[]
  /** How often each kind of part occurs, at any depth. */
  counts: Readonly<Record<PartKind, number>>
}
