import { UserError } from '../errors.js'
import { ratioOf, type StateDict, type ViTConfig } from '../nn/index.js'

/** What the tensors of a checkpoint tell about the model they belong to, by their names and shapes. */
export type Structure = Omit<
  ViTConfig,
  'numHeads' | 'activation' | 'layerNormEps' | 'dropout' | 'attentionDropout' | 'dropPath' | 'initialization'
>

/**
 * The structure of a ViT out of its tensors (timm names).
 * @param imageSize what the checkpoint's config says, which settles how many pixels are left over behind whole patches
 * @throws UserError, naming `file`, where they are no Vision Transformer's
 */
export function structureOf(tensors: StateDict, file: string, imageSize?: number): Structure {
  const has = (name: string) => tensors.has(name)
  const shapeOf = (name: string, rank: number) => {
    const shape = tensors.get(name)?.shape
    if (!shape)
      throw new UserError(`${file} holds no Vision Transformer (${name} is missing): choose the weights of a ViT`)
    if (shape.length !== rank)
      throw new UserError(`${file} holds ${name} of shape [${shape}], not of ${rank} axes: choose the weights of a ViT`)
    return shape
  }
  const [embedDim, inChannels, patchSize] = shapeOf('patch_embed.proj.weight', 4) as [number, number, number]
  const hidden = shapeOf('blocks.0.mlp.fc1.weight', 2)[0]!
  const heads = {
    linear: tensors.get('head.weight')?.shape,
    mlp: tensors.get('head.fc2.weight')?.shape,
    representation: tensors.get('pre_logits.fc.weight')?.shape,
  }
  const tokens = {
    classToken: has('cls_token'),
    distillation: has('dist_token'),
    regTokens: has('reg_token') ? shapeOf('reg_token', 3)[1]! : 0,
  }
  const pooled = (heads.representation ?? tensors.get('head.fc1.weight')?.shape ?? heads.linear)?.[1]
  return {
    embedDim,
    patchSize,
    inChannels,
    depth: new Set([...tensors.keys()].flatMap((name) => name.match(/^blocks\.(\d+)\./)?.[1] ?? [])).size,
    mlpRatio: ratioOf(hidden, embedDim),
    mlp: shapeOf('blocks.0.mlp.fc2.weight', 2)[1]! * 2 === hidden ? 'swiglu' : 'mlp',
    qkvBias: has('blocks.0.attn.qkv.bias'),
    qkNorm: has('blocks.0.attn.q_norm.weight'),
    // What LayerScale started with is not kept, and of no use to a model that has learned.
    initValues: has('blocks.0.ls1.gamma') ? 1e-5 : 0,
    preNorm: has('norm_pre.weight'),
    ...tokens,
    ...pictureOf(shapeOf('pos_embed', 3)[1]!, tokens, patchSize, imageSize, file),
    pooling: has('attn_pool.latent')
      ? 'map'
      : pooled === 2 * embedDim
        ? 'token+avg'
        : tokens.classToken && !has('fc_norm.weight')
          ? 'token'
          : 'avg',
    fcNorm: has('fc_norm.weight'),
    numClasses: (heads.linear ?? heads.mlp)?.[0] ?? 0,
    head: heads.mlp ? 'mlp' : 'linear',
    representationSize: heads.representation?.[0] ?? 0,
  }
}

type Tokens = Pick<Structure, 'classToken' | 'distillation' | 'regTokens'>

/** The size of the pictures, and whether the position embeddings are for patches alone. */
function pictureOf(
  positions: number,
  { classToken, distillation, regTokens }: Tokens,
  patchSize: number,
  imageSize: number | undefined,
  file: string,
): Pick<Structure, 'imageSize' | 'noEmbedClass'> {
  const prefix = Number(classToken) + Number(distillation) + regTokens
  const sides = [positions - prefix, positions].map((patches) => Math.sqrt(patches))
  const expected = Math.floor((imageSize ?? Number.NaN) / patchSize)
  // Models with registers have no positions for the tokens before the patches, as a rule.
  const order = sides[0] === expected ? [0, 1] : sides[1] === expected || regTokens > 0 ? [1, 0] : [0, 1]
  const found = order.find((i) => Number.isInteger(sides[i]) && sides[i]! > 0)
  if (found === undefined)
    throw new UserError(
      `${file} has ${positions} position embeddings, which are not those of a square picture: choose a model for squares`,
    )
  return {
    imageSize: sides[found] === expected ? imageSize! : sides[found]! * patchSize,
    noEmbedClass: found === 1 && prefix > 0,
  }
}
