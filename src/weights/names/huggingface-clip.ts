import { UserError } from '../../errors.js'
import { textTower } from './left-out.js'
import type { NameTable, Row } from './table.js'

const layer = 'encoder.layers.*'

const encoder: Row[] = [
  ['pos_embed', 'embeddings.position_embedding.weight', 'rank 2'],
  ['blocks.*.norm1.*', `${layer}.layer_norm1.*`],
  ['blocks.*.attn.qkv[0/3].*', `${layer}.self_attn.q_proj.*`],
  ['blocks.*.attn.qkv[1/3].*', `${layer}.self_attn.k_proj.*`],
  ['blocks.*.attn.qkv[2/3].*', `${layer}.self_attn.v_proj.*`],
  ['blocks.*.attn.proj.*', `${layer}.self_attn.out_proj.*`],
  ['blocks.*.norm2.*', `${layer}.layer_norm2.*`],
  ['blocks.*.mlp.fc1.*', `${layer}.mlp.fc1.*`],
  ['blocks.*.mlp.fc2.*', `${layer}.mlp.fc2.*`],
  ['norm.*', 'post_layernorm.*'],
]

const common = {
  source: 'huggingface',
  anchor: 'embeddings.patch_embedding.weight',
  prefix: 'vision_model.',
  leftOut: [textTower, [/^embeddings\.position_ids$/, 'the numbers of the positions']],
} as const

/** CLIPVisionModel, CLIPVisionModelWithProjection and CLIPModel. The projection to the space of texts is the head. */
export const huggingFaceClip: NameTable = {
  ...common,
  modelType: 'clip_vision_model',
  mark: 'pre_layrnorm',
  tokens: 1,
  rows: [
    ['cls_token', 'embeddings.class_embedding', 'rank 1'],
    ['patch_embed.proj.weight', 'embeddings.patch_embedding.weight'],
    ['norm_pre.*', 'pre_layrnorm.*'],
    ...encoder,
  ],
  outside: [['head.weight', 'visual_projection.weight']],
  prepare: (tensors, file) => {
    if ([...tensors.keys()].some((name) => /(^|\.)classifier\.weight$/.test(name)))
      throw new UserError(
        `${file} is a CLIPForImageClassification, whose classifier goes without the last LayerNorm: choose a CLIPVisionModelWithProjection`,
      )
    return tensors
  },
}

/** SiglipVisionModel, SiglipModel and SiglipForImageClassification. */
export const huggingFaceSiglip: NameTable = {
  ...common,
  modelType: 'siglip_vision_model',
  tokens: 0,
  rows: [
    ['patch_embed.proj.*', 'embeddings.patch_embedding.*'],
    ...encoder,
    ['attn_pool.latent', 'head.probe'],
    ['attn_pool.q.weight', 'head.attention.in_proj_weight[0/3]'],
    ['attn_pool.kv.weight', 'head.attention.in_proj_weight[1-2/3]'],
    ['attn_pool.q.bias', 'head.attention.in_proj_bias[0/3]'],
    ['attn_pool.kv.bias', 'head.attention.in_proj_bias[1-2/3]'],
    ['attn_pool.proj.*', 'head.attention.out_proj.*'],
    ['attn_pool.norm.*', 'head.layernorm.*'],
    ['attn_pool.mlp.fc1.*', 'head.mlp.fc1.*'],
    ['attn_pool.mlp.fc2.*', 'head.mlp.fc2.*'],
  ],
  outside: [['head.*', 'classifier.*']],
  // SiglipForImageClassification has attention pooling as well, but its classifier sees the mean of all tokens.
  finish: (tensors, has) => {
    if (!has('classifier.weight')) return []
    const unused = [...tensors.keys()].filter((name) => name.startsWith('attn_pool.'))
    for (const name of unused) tensors.delete(name)
    return unused.length > 0 ? ['left out the attention pooling, which the classifier does not use'] : []
  },
}
