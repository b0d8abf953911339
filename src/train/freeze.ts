import { UserError } from '../errors.js'
import type { ViT } from '../nn/index.js'

export interface FreezeOptions {
  /** What keeps its values: prefixes of parameter names, such as `blocks.0` or `pos_embed`; `backbone` is all but the head. */
  freeze?: readonly string[]
  /** The other way round: the last so many encoder layers, what comes after them, and the head learn; nothing else. */
  unfreezeLast?: number
}

/**
 * Which parameters of a model learn, as the `trainable` of `compileTrainStep`. Names are timm's; a prefix ends where a
 * part of a name ends, so that `blocks.1` is not `blocks.10`. All learn where nothing is said.
 * @throws UserError where a prefix is no parameter's, both options are given, or nothing would learn
 */
export function learning(
  { parameters, config }: Pick<ViT, 'parameters' | 'config'>,
  { freeze = [], unfreezeLast }: FreezeOptions,
): (name: string) => boolean {
  if (unfreezeLast === undefined) return learningWithout([...parameters.keys()], freeze)
  if (freeze.length > 0) throw new UserError('--freeze and --unfreeze-last contradict each other: give one of them')
  if (!(Number.isInteger(unfreezeLast) && unfreezeLast >= 0 && unfreezeLast <= config.depth))
    throw new UserError(`--unfreeze-last must be from 0 to the model's ${config.depth} layers, not ${unfreezeLast}`)
  return (name) => isAfterLayers(name) || layerOf(name) >= config.depth - unfreezeLast
}

function learningWithout(names: readonly string[], freeze: readonly string[]): (name: string) => boolean {
  const frozenBy = (prefix: string) =>
    prefix === 'backbone' ? (name: string) => !isHead(name) : (name: string) => startsWithParts(name, prefix)
  const frozen = freeze.map(frozenBy)
  const unknown = freeze.find((_, i) => !names.some(frozen[i]!))
  if (unknown !== undefined)
    throw new UserError(
      `--freeze ${unknown} fits no parameter of the model: give the start of names such as ${names[0]} or blocks.0`,
    )
  const learns = (name: string) => !frozen.some((isFrozen) => isFrozen(name))
  if (!names.some(learns)) throw new UserError(`--freeze ${freeze.join(',')} leaves nothing that learns: freeze less`)
  return learns
}

/** Whether a parameter belongs to the classifier, the representation layer before it included. */
export const isHead = (name: string): boolean => /^(head|head_dist|pre_logits)\./.test(name)

/** Whether a parameter comes after the encoder's layers. */
const isAfterLayers = (name: string) => isHead(name) || /^(norm|fc_norm|attn_pool)\./.test(name)

/** The number of the encoder layer that a parameter belongs to, or NaN. */
export const layerOf = (name: string): number => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? Number.NaN)

const startsWithParts = (name: string, prefix: string) => `${name}.`.startsWith(`${prefix.replace(/\.$/, '')}.`)
