import type { NameTable } from './table.js'

const layer = 'encoder.layers.encoder_layer_*'

/** torchvision's VisionTransformer; files of before 0.12 call the MLP's layers linear_1 and linear_2. */
export const torchvision: NameTable = {
  source: 'torchvision',
  anchor: 'conv_proj.weight',
  prefix: '',
  tokens: 1,
  rows: [
    ['cls_token', 'class_token'],
    ['pos_embed', 'encoder.pos_embedding'],
    ['patch_embed.proj.*', 'conv_proj.*'],
    ['blocks.*.norm1.*', `${layer}.ln_1.*`],
    ['blocks.*.attn.qkv.weight', `${layer}.self_attention.in_proj_weight`],
    ['blocks.*.attn.qkv.bias', `${layer}.self_attention.in_proj_bias`],
    ['blocks.*.attn.proj.*', `${layer}.self_attention.out_proj.*`],
    ['blocks.*.norm2.*', `${layer}.ln_2.*`],
    ['blocks.*.mlp.fc1.*', [`${layer}.mlp.0.*`, `${layer}.mlp.linear_1.*`]],
    ['blocks.*.mlp.fc2.*', [`${layer}.mlp.3.*`, `${layer}.mlp.linear_2.*`]],
    ['norm.*', 'encoder.ln.*'],
    ['pre_logits.fc.*', 'heads.pre_logits.*'],
    ['head.*', 'heads.head.*'],
  ],
}
