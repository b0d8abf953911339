import type { ViTConfig } from '../../nn/index.js'
import type { Node } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'

/**
 * What a model is: a Vision Transformer, also one with `differences`; a transformer over text, one that writes text
 * token by token, one whose attention stays within windows, one behind a convolutional stem, or another; a
 * convolutional network; an MLP-Mixer; or something else.
 */
export type ModelKind =
  | 'vit'
  | 'textEncoder'
  | 'decoder'
  | 'windowedTransformer'
  | 'hybrid'
  | 'transformer'
  | 'cnn'
  | 'mlpMixer'
  | 'other'

/** Something that a Vision Transformer does not have, or has otherwise. */
export interface Difference {
  /** In plain words, such as `block 5 has a Conv (node /blocks.5/mix/Conv) where others have attention`. */
  what: string
  /** Where it is. */
  node?: Node
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
