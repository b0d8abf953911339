import { UserError } from '../../errors.js'
import { elementCount, type Tensor } from '../../onnx/tensor.js'
import { plain } from '../untrusted.js'
import type { NameTable } from './table.js'

const layer = 'Transformer/encoderblock_*'
const attention = (part: string) => [1, 0].map((i) => `${layer}/MultiHeadDotProductAttention_${i}/${part}/*`)
const pool = 'MAPHead_0'

/**
 * Google's vit_jax and, as second names, big_vision. Flax keeps kernels as [in, out], those of convolutions as HWIO, and
 * the heads of attention as an axis of its own.
 */
export const google: NameTable = {
  source: 'google',
  anchor: 'embedding/kernel',
  prefix: '',
  parameters: { kernel: 'weight', scale: 'weight', bias: 'bias' },
  rows: [
    ['cls_token', 'cls'],
    ['pos_embed', ['Transformer/posembed_input/pos_embedding', 'pos_embedding']],
    ['patch_embed.proj.*', 'embedding/*', 'HWIO'],
    ['blocks.*.norm1.*', `${layer}/LayerNorm_0/*`],
    ['blocks.*.attn.qkv[0/3].*', attention('query'), 'heads out'],
    ['blocks.*.attn.qkv[1/3].*', attention('key'), 'heads out'],
    ['blocks.*.attn.qkv[2/3].*', attention('value'), 'heads out'],
    ['blocks.*.attn.proj.*', attention('out'), 'heads in'],
    ['blocks.*.norm2.*', [`${layer}/LayerNorm_2/*`, `${layer}/LayerNorm_1/*`]],
    ['blocks.*.mlp.fc1.*', [`${layer}/MlpBlock_3/Dense_0/*`, `${layer}/MlpBlock_0/Dense_0/*`], 'transposed'],
    ['blocks.*.mlp.fc2.*', [`${layer}/MlpBlock_3/Dense_1/*`, `${layer}/MlpBlock_0/Dense_1/*`], 'transposed'],
    ['norm.*', 'Transformer/encoder_norm/*'],
    ['attn_pool.latent', `${pool}/probe`],
    ['attn_pool.q.*', `${pool}/MultiHeadDotProductAttention_0/query/*`, 'heads out'],
    ['attn_pool.kv[0/2].*', `${pool}/MultiHeadDotProductAttention_0/key/*`, 'heads out'],
    ['attn_pool.kv[1/2].*', `${pool}/MultiHeadDotProductAttention_0/value/*`, 'heads out'],
    ['attn_pool.proj.*', `${pool}/MultiHeadDotProductAttention_0/out/*`, 'heads in'],
    ['attn_pool.norm.*', `${pool}/LayerNorm_0/*`],
    ['attn_pool.mlp.fc1.*', `${pool}/MlpBlock_0/Dense_0/*`, 'transposed'],
    ['attn_pool.mlp.fc2.*', `${pool}/MlpBlock_0/Dense_1/*`, 'transposed'],
    ['pre_logits.fc.*', 'pre_logits/*', 'transposed'],
    ['head.*', 'head/*', 'transposed'],
  ],
  leftOut: [
    [/^params\/(txt\/|t$|b$)/, 'the text tower'],
    [/^opt\//, 'the state of the optimizer'],
  ],
  prepare: unstack,
  numHeads: (tensors) => {
    for (const [name, { shape }] of tensors)
      if (/encoderblock_0\/MultiHeadDotProductAttention_\d\/query\/kernel$/.test(name)) return shape[1]
    return undefined
  },
}

/** The tensors of layers that lie in one with a leading axis, as big_vision's `scan` has them, one by one: views. */
function unstack(tensors: Map<string, Tensor>, file: string): Map<string, Tensor> {
  const result = new Map<string, Tensor>()
  const put = (name: string, tensor: Tensor) => {
    if (result.has(name))
      throw new UserError(`${file} holds ${plain(name)} twice, by itself and among stacked layers: choose another file`)
    result.set(name, tensor)
  }
  for (const [name, tensor] of tensors) {
    if (/(^|\/)encoderblock\//.test(name))
      for (const [i, part] of layersOf(name, tensor, file).entries())
        put(name.replace('encoderblock/', `encoderblock_${i}/`), part)
    else put(name, tensor)
  }
  return result
}

function layersOf(name: string, { dtype, shape, data }: Tensor, file: string): Tensor[] {
  const [depth = 0, ...rest] = shape
  // The largest published ViT has 56 layers.
  if (depth < 1 || depth > 1000)
    throw new UserError(
      `${file} holds ${plain(name)} of the shape [${shape}], which are no layers: choose another file`,
    )
  const size = elementCount(rest)
  return Array.from({ length: depth }, (_, i) => ({
    dtype,
    shape: rest,
    data: data.subarray(i * size, (i + 1) * size),
  }))
}
