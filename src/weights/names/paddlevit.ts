import type { NameTable } from './table.js'

const layer = 'encoder.layers.*'

/** PaddleViT. Paddle's linear layers keep their weights as [in, out]. */
export const paddlevit: NameTable = {
  source: 'paddlevit',
  anchor: 'patch_embedding.patch_embedding.weight',
  prefix: '',
  rows: [
    ['cls_token', ['patch_embedding.cls_token', 'cls_token']],
    [
      'pos_embed',
      [
        'patch_embedding.position_embeddings',
        'patch_embedding.position_embedding',
        'position_embedding',
        'position_embeddings',
      ],
    ],
    ['patch_embed.proj.*', 'patch_embedding.patch_embedding.*'],
    ['blocks.*.norm1.*', `${layer}.attn_norm.*`],
    ['blocks.*.attn.qkv.*', `${layer}.attn.qkv.*`, 'transposed'],
    ['blocks.*.attn.proj.*', `${layer}.attn.out.*`, 'transposed'],
    ['blocks.*.norm2.*', `${layer}.mlp_norm.*`],
    ['blocks.*.mlp.fc1.*', `${layer}.mlp.fc1.*`, 'transposed'],
    ['blocks.*.mlp.fc2.*', `${layer}.mlp.fc2.*`, 'transposed'],
    ['norm.*', ['encoder.encoder_norm.*', 'encoder.norm.*']],
    ['head.*', 'classifier.*', 'transposed'],
    ['head.fc1.*', ['classifier.0.*', 'classifier.fc1.*'], 'transposed'],
    ['head.fc2.*', ['classifier.3.*', 'classifier.fc2.*'], 'transposed'],
  ],
}
