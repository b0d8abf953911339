import type { Tensor } from '../../onnx/tensor.js'
import type { layouts } from './layouts.js'

/** The libraries whose weights Vitrine reads. */
export type Source = 'timm' | 'huggingface' | 'openclip' | 'torchvision' | 'google' | 'paddlevit'

/** The `model_type`s of Hugging Face that Vitrine knows the weights of. */
export type HuggingFaceType =
  | 'vit'
  | 'deit'
  | 'dinov2'
  | 'dinov2_with_registers'
  | 'clip_vision_model'
  | 'siglip_vision_model'

/**
 * One tensor's or layer's name: Vitrine's (those of timm's VisionTransformer), the library's, and how the library lays
 * it out where that differs from PyTorch. Of several names of the library, the first is the one to write.
 *
 * - `*` between dots, slashes or underscores stands for the number of the encoder layer;
 * - `.*` or `/*` at the end stands for every parameter of a layer: its weight and its bias;
 * - `[0/3]` is the first of three equal parts along the first axis, `[1-2/3]` the other two together.
 */
export type Row = readonly [canonical: string, theirs: string | readonly string[], layout?: keyof typeof layouts]

/** The names of one library, or of one kind of its models. */
export interface NameTable {
  source: Source
  modelType?: HuggingFaceType
  /** The tensor that tells that these are the names of a file; whatever stands before it there stands before all rows. */
  anchor: string
  /** A piece of some other name which tells this table from others with the same anchor. */
  mark?: string
  /** What the library itself puts before the names in `rows`. */
  prefix: string
  rows: readonly Row[]
  /** Names that stand beside the prefix, not after it. */
  outside?: readonly Row[]
  /** The rows of an MLP that is a SwiGLU, where they differ; they go before the others when written. */
  swiglu?: readonly Row[]
  /** How many tokens before the patches a model of this kind has, where it is written. */
  tokens?: number
  /** Tensors that are known and not needed, and what they are. */
  leftOut?: readonly (readonly [names: RegExp, what: string])[]
  /** What the parameters of layers are called, where not weight and bias. */
  parameters?: Readonly<Record<string, 'weight' | 'bias'>>
  /** The name in `rows` for another spelling of it. */
  respell?(name: string): string
  /** What has to happen to the tensors before their names are looked up. */
  prepare?(tensors: Map<string, Tensor>, file: string): Map<string, Tensor>
  /** What has to happen to canonical tensors afterwards, in place. `has` knows the names in `rows`. Returns notes. */
  finish?(tensors: Map<string, Tensor>, has: (name: string) => boolean, file: string): string[]
  /** The number of attention heads, where the shapes tell it. */
  numHeads?(tensors: Map<string, Tensor>): number | undefined
}
