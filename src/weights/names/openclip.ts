import { textTower } from './left-out.js'
import type { NameTable } from './table.js'

const layer = 'transformer.resblocks.*'

/** The vision tower of OpenAI's CLIP and of open_clip. The projection to the space of texts is the head. */
export const openclip: NameTable = {
  source: 'openclip',
  anchor: 'conv1.weight',
  mark: 'resblocks.',
  prefix: 'visual.',
  rows: [
    ['cls_token', 'class_embedding', 'rank 1'],
    ['pos_embed', 'positional_embedding', 'rank 2'],
    ['patch_embed.proj.*', 'conv1.*'],
    ['norm_pre.*', 'ln_pre.*'],
    ['blocks.*.norm1.*', `${layer}.ln_1.*`],
    ['blocks.*.attn.qkv.weight', `${layer}.attn.in_proj_weight`],
    ['blocks.*.attn.qkv.bias', `${layer}.attn.in_proj_bias`],
    ['blocks.*.attn.proj.*', `${layer}.attn.out_proj.*`],
    ['blocks.*.ls1.gamma', `${layer}.ls_1.gamma`],
    ['blocks.*.norm2.*', `${layer}.ln_2.*`],
    ['blocks.*.mlp.fc1.*', `${layer}.mlp.c_fc.*`],
    ['blocks.*.mlp.fc2.*', `${layer}.mlp.c_proj.*`],
    ['blocks.*.ls2.gamma', `${layer}.ls_2.gamma`],
    ['norm.*', 'ln_post.*'],
    ['head.weight', 'proj', 'transposed'],
  ],
  leftOut: [textTower, [/^(input_resolution|context_length|vocab_size)$/, 'settings']],
}
