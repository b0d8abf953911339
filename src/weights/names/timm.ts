import { foldClassPosition } from './class-position.js'
import { textTower } from './left-out.js'
import type { NameTable, Row } from './table.js'

/** Vitrine's own names for the tensors of a ViT: those of timm's VisionTransformer, and of our two-layer head. */
export const canonicalNames = [
  'cls_token', // [1, 1, dim]
  'dist_token', // [1, 1, dim]
  'reg_token', // [1, registers, dim]
  'pos_embed', // [1, tokens, dim]
  'patch_embed.proj.*', // [dim, channels, patch, patch]
  'norm_pre.*',
  'blocks.*.norm1.*',
  'blocks.*.attn.qkv.*', // [3·dim, dim]: query, key, value
  'blocks.*.attn.q_norm.*',
  'blocks.*.attn.k_norm.*',
  'blocks.*.attn.proj.*',
  'blocks.*.ls1.gamma',
  'blocks.*.norm2.*',
  'blocks.*.mlp.fc1.*', // of a SwiGLU: gate, then value
  'blocks.*.mlp.fc2.*',
  'blocks.*.ls2.gamma',
  'norm.*',
  'fc_norm.*',
  'attn_pool.latent', // [1, 1, dim]
  'attn_pool.q.*',
  'attn_pool.kv.*', // [2·dim, dim]: key, value
  'attn_pool.proj.*',
  'attn_pool.norm.*',
  'attn_pool.mlp.fc1.*',
  'attn_pool.mlp.fc2.*',
  'pre_logits.fc.*',
  'head.*',
  'head.fc1.*',
  'head.fc2.*',
  'head_dist.*',
]

/** What the authors' own repositories, whose models timm took over, call the same. */
const otherNames: Row[] = [
  ['reg_token', 'register_tokens'], // DINOv2
  ['blocks.*.mlp.fc1.*', 'blocks.*.mlp.w12.*'], // DINOv2 giant
  ['blocks.*.mlp.fc2.*', 'blocks.*.mlp.w3.*'],
  ['blocks.*.mlp.fc1[0/2].*', 'blocks.*.mlp.fc1_g.*'], // timm's SwiGLU of two layers
  ['blocks.*.mlp.fc1[1/2].*', 'blocks.*.mlp.fc1_x.*'],
  ['blocks.*.ls1.gamma', 'blocks.*.gamma_1'], // DeiT III
  ['blocks.*.ls2.gamma', 'blocks.*.gamma_2'],
]

/**
 * timm's VisionTransformer and VisionTransformerDistilled, and models with nearly its names: WZMIAOMIAO's ViT, DeiT,
 * DINO, DINOv2 and MAE by their authors, and timm's towers in open_clip.
 */
export const timm: NameTable = {
  source: 'timm',
  anchor: 'patch_embed.proj.weight',
  prefix: '',
  rows: [...canonicalNames.map((name): Row => [name, name]), ...otherNames],
  outside: [
    ['head.weight', 'visual.head.proj.weight'], // open_clip
    ['head.*', 'linear_head.*'], // DINOv2, on the class token and the mean of the patches
  ],
  leftOut: [
    [/^mask_token$/, 'the mask token of the pretraining'],
    [/^decoder_/, 'the decoder of the pretraining'],
    textTower,
  ],
  // DINOv2 may keep its layers in chunks: blocks.<chunk>.<layer>.
  respell: (name) => name.replace(/^blocks\.\d+\.(?=\d+\.)/, 'blocks.'),
  finish: (tensors, has, file) => (has('register_tokens') ? foldClassPosition(tensors, file) : []),
}
