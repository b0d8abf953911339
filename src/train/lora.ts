import { UserError } from '../errors.js'
import { kaimingUniform, type Linear, LowRank, type Parameter, type ViT } from '../nn/index.js'
import { isHead } from './freeze.js'

/** The projections of an encoder layer that LoRA can change, by timm's names. */
export const loraTargets = ['qkv', 'proj'] as const

export interface LoraOptions {
  /** Rows of A, columns of B: how much can be learned. 4 to 16 are usual. */
  rank?: number
  /** The change is scaled by alpha / rank. */
  alpha?: number
  targets?: readonly (typeof loraTargets)[number][]
}

/**
 * Adds to the attention's projections what LoRA learns (Hu et al., 2021, https://arxiv.org/abs/2106.09685):
 * W·x becomes W·x + alpha/rank · B·A·x, with A drawn and B zero, so that the model computes what it did.
 * The parameters are called `blocks.0.attn.qkv.lora.a` and `.b`; `loraLearns` names what to train.
 * @throws UserError where the rank is not from 1 to the model's width, or the model has LoRA already
 */
export function addLora(vit: ViT, { rank = 8, alpha = 2 * rank, targets = loraTargets }: LoraOptions = {}): void {
  const { embedDim } = vit.config
  if (!(Number.isInteger(rank) && rank >= 1 && rank <= embedDim))
    throw new UserError(`the rank of LoRA must be from 1 to the model's width ${embedDim}, not ${rank}`)
  if (!(alpha > 0)) throw new UserError(`the alpha of LoRA must be above 0, not ${alpha}`)
  if (projections(vit).some(({ lora }) => lora)) throw new UserError('the model has LoRA already: merge it first')
  for (const { attn } of vit.encoder.layers)
    for (const target of targets) {
      const linear = attn[target]
      linear.lora = new LowRank(linear.inFeatures, linear.outFeatures, rank, alpha / rank, kaimingUniform())
    }
  vit.nameParameters()
}

/** Whether a parameter learns under LoRA: A, B and the head, as the `trainable` of `compileTrainStep`. */
export const loraLearns = (name: string): boolean => name.includes('.lora.') || isHead(name)

/** Puts what LoRA has learned into the weights, W + alpha/rank · B·A, which leaves a plain model of the same logits. */
export function mergeLora(vit: ViT): void {
  for (const linear of projections(vit)) {
    if (!linear.lora) continue
    linear.weight.data = merged(linear.weight, linear.lora)
    delete linear.lora
  }
  vit.nameParameters()
}

const projections = (vit: ViT): Linear[] => vit.encoder.layers.flatMap(({ attn }) => [attn.qkv, attn.proj])

/** A new array: the old one may be the memory of a file. */
function merged({ data, shape }: Parameter, { a, b, scale }: LowRank): Float32Array {
  const [outputs, inputs] = shape as [number, number]
  const rank = a.shape[0]!
  const change = new Float64Array(data.length)
  for (let out = 0; out < outputs; out++)
    for (let r = 0; r < rank; r++) {
      const factor = scale * b.data[out * rank + r]!
      for (let i = 0; i < inputs; i++) change[out * inputs + i]! += factor * a.data[r * inputs + i]!
    }
  return data.map((value, i) => value + change[i]!)
}
