import { UserError } from '../../errors.js'
import type { Tensor } from '../../onnx/tensor.js'
import { adaptChannels } from './channels.js'
import { resizePatchEmbedding } from './patch-embedding.js'
import { type Grid, resizePositionEmbedding } from './position-embedding.js'

/** The libraries whose ways of resizing position embeddings are known. */
export type Library = 'timm' | 'huggingface' | 'openclip' | 'torchvision' | 'google' | 'paddlevit'

/** What the tensors of a checkpoint do not say themselves. */
export interface SourceShape {
  /** The path of the checkpoint, for error messages. */
  file: string
  /** Places of `pos_embed` that belong to tokens before the patches: class, distillation, registers. */
  prefixTokens: number
  /** The patches that `pos_embed` is for; a square where it is left out. */
  grid?: Grid
}

/** What the model has that takes the tensors. */
export interface TargetShape {
  grid: Grid
  /** Height and width of a patch, in pixels. */
  patchSize: number
  inChannels: number
  /** Places of `pos_embed` that belong to tokens before the patches: class, distillation, registers. */
  prefixTokens: number
  numClasses: number
}

/** The tensors of a checkpoint, made to fit a model, and what that took. */
export interface AdaptedTensors {
  /** Tensors that fit as they are stay the very objects of the checkpoint. */
  tensors: Map<string, Tensor>
  /** What was changed, as `pos_embed 14×14 → 24×24`. */
  resized: string[]
  /** The names of heads of another class count: they are left out, so that the model keeps its own. */
  replaced: string[]
}

const kernelName = 'patch_embed.proj.weight'
const heads = /^(head|head\.fc2|head_dist)\.(weight|bias)$/

/**
 * Makes a checkpoint's tensors, under timm's names, fit a model for another picture size, patch size, number of channels
 * or number of classes. Tensors that are missing are left for the loading to report.
 * @param resizeAs the library in whose way the position embedding is resized
 * @throws UserError where the tensors cannot be made to fit
 */
export function adaptTensors(
  tensors: Map<string, Tensor>,
  from: SourceShape,
  to: TargetShape,
  resizeAs: Library,
): AdaptedTensors {
  const adapted: AdaptedTensors = { tensors: new Map(tensors), resized: [], replaced: [] }
  adaptPatchEmbedding(adapted, from, to)
  adaptPositionEmbedding(adapted, from, to, resizeAs)
  for (const [name, { shape }] of tensors) {
    if (!heads.test(name) || shape[0] === to.numClasses) continue
    adapted.tensors.delete(name)
    adapted.replaced.push(name)
  }
  return adapted
}

function adaptPatchEmbedding({ tensors, resized }: AdaptedTensors, { file }: SourceShape, to: TargetShape): void {
  const kernel = tensors.get(kernelName)
  if (!kernel) return
  const { patchSize, inChannels } = to
  if (kernel.shape.length !== 4)
    throw new UserError(
      `${file} holds ${kernelName} of shape [${kernel.shape}], not [features, channels, height, width]: choose another checkpoint`,
    )
  const [features, channels, height, width] = kernel.shape as [number, number, number, number]
  let fitting = kernel
  if (height !== patchSize || width !== patchSize) {
    const change = `${kernelName} ${times([height, width])} → ${times([patchSize, patchSize])}`
    checkSizes(file, change, [height, width], [patchSize, patchSize], features * channels)
    fitting = resizePatchEmbedding(fitting, patchSize)
    resized.push(change)
  }
  if (channels !== inChannels) {
    const change = `${kernelName} ${channels} → ${inChannels} channels`
    if (channels !== 3)
      throw new UserError(
        `${file} does not fit this model (${change}), as only weights for 3 channels can be adapted: make the model with ${channels} channels`,
      )
    checkSizes(file, change, [patchSize, patchSize], [patchSize, patchSize], features * inChannels)
    fitting = adaptChannels(fitting, inChannels)
    resized.push(change)
  }
  tensors.set(kernelName, fitting)
}

function adaptPositionEmbedding(
  { tensors, resized }: AdaptedTensors,
  from: SourceShape,
  to: TargetShape,
  resizeAs: Library,
): void {
  const embedding = tensors.get('pos_embed')
  if (!embedding) return
  const grid = gridOf(embedding, from)
  if (from.prefixTokens !== to.prefixTokens)
    throw new UserError(
      `${from.file} has position embeddings for ${from.prefixTokens} of the tokens before the patches, and the model for ${to.prefixTokens}: make the model with the tokens of the checkpoint`,
    )
  if (times(grid) === times(to.grid)) return
  const change = `pos_embed ${times(grid)} → ${times(to.grid)}`
  checkSizes(from.file, change, grid, to.grid, embedding.shape[2]!)
  // Hugging Face resizes the embeddings of DINOv2 with registers in another way than all others.
  const method = resizeAs === 'huggingface' && tensors.has('reg_token') ? 'huggingfaceRegisters' : resizeAs
  tensors.set('pos_embed', resizePositionEmbedding(embedding, from.prefixTokens, grid, to.grid, method))
  resized.push(change)
}

/** The grid of patches that a position embedding is for. @throws UserError where its shape allows none */
function gridOf({ shape }: Tensor, { file, prefixTokens, grid }: SourceShape): Grid {
  if (shape.length !== 3 || shape[0] !== 1)
    throw new UserError(
      `${file} holds pos_embed of shape [${shape}], not [1, tokens, features]: choose another checkpoint`,
    )
  const patches = shape[1]! - prefixTokens
  const side = Math.floor(Math.sqrt(Math.max(patches, 0)))
  const [rows, columns] = grid ?? [side, side]
  if (patches > 0 && rows * columns === patches) return [rows, columns]
  throw new UserError(
    `${file} has ${shape[1]} position embeddings, and ${patches} of them for patches are no ${grid ? times(grid) : 'square'} grid: correct its config or choose another checkpoint`,
  )
}

/** More patches, or pixels of a patch, than this each way are taken for a mistake, as are tensors of more numbers. */
const mostAcross = 256
const mostNumbers = 2 ** 26

/** @throws UserError where a change cannot be, or would take gigabytes; `depth` is what every place of the grid holds */
function checkSizes(file: string, change: string, from: Grid, to: Grid, depth: number): void {
  const sensible = [...from, ...to].every((size) => Number.isInteger(size) && size >= 1 && size <= mostAcross)
  const numbers = to[0] * Math.max(from[1], to[1]) * depth
  if (sensible && numbers <= mostNumbers) return
  throw new UserError(
    `${file} does not fit this model (${change}): choose sizes with at most ${mostAcross} patches, and pixels a patch, each way and at most ${mostNumbers} numbers a tensor`,
  )
}

function times([height, width]: Grid): string {
  return `${height}×${width}`
}
