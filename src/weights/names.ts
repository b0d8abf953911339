import { allocate, bytesOf, type Tensor } from '../onnx/tensor.js'

/**
 * The names of a ViT's layers: timm, then Hugging Face as files have them, then, where it differs, as transformers 5
 * calls them in memory (files of that version keep the old names, but other tools save what they see). `*` stands for
 * the number of the block. timm keeps query, key and value in one tensor; `qkv[0]` to `qkv[2]` are its thirds.
 */
const table: readonly (readonly [timm: string, huggingFace: string, inMemory?: string])[] = [
  ['cls_token', 'vit.embeddings.cls_token'],
  ['pos_embed', 'vit.embeddings.position_embeddings'],
  ['patch_embed.proj', 'vit.embeddings.patch_embeddings.projection'],
  ['blocks.*.norm1', 'vit.encoder.layer.*.layernorm_before'],
  ['blocks.*.attn.qkv[0]', 'vit.encoder.layer.*.attention.attention.query', 'vit.encoder.layer.*.attention.q_proj'],
  ['blocks.*.attn.qkv[1]', 'vit.encoder.layer.*.attention.attention.key', 'vit.encoder.layer.*.attention.k_proj'],
  ['blocks.*.attn.qkv[2]', 'vit.encoder.layer.*.attention.attention.value', 'vit.encoder.layer.*.attention.v_proj'],
  ['blocks.*.attn.proj', 'vit.encoder.layer.*.attention.output.dense', 'vit.encoder.layer.*.attention.o_proj'],
  ['blocks.*.norm2', 'vit.encoder.layer.*.layernorm_after'],
  ['blocks.*.mlp.fc1', 'vit.encoder.layer.*.intermediate.dense', 'vit.encoder.layer.*.mlp.fc1'],
  ['blocks.*.mlp.fc2', 'vit.encoder.layer.*.output.dense', 'vit.encoder.layer.*.mlp.fc2'],
  ['norm', 'vit.layernorm'],
  ['pre_logits.fc', 'vit.pooler.dense'],
  ['head', 'classifier'],
]

const toHuggingFace = new Map(table.map(([timm, huggingFace]) => [timm, huggingFace]))
const toTimm = new Map(table.flatMap(([timm, ...names]) => names.map((name) => [name!, timm] as const)))

/**
 * Hugging Face names, as files have them, for a ViT's tensors under timm names. The fused qkv `[3D, D]` becomes query,
 * key and value `[D, D]`: views of the same numbers. Names that are not in the table stay as they are.
 */
export function timmToHuggingFace(tensors: Map<string, Tensor>): Map<string, Tensor> {
  const result = new Map<string, Tensor>()
  for (const [name, tensor] of tensors) {
    const [, fused, parameter] = /^(blocks\.\d+\.attn\.qkv)(\.weight|\.bias)$/.exec(name) ?? []
    if (fused === undefined) result.set(rename(name, toHuggingFace) ?? name, tensor)
    else {
      thirds(tensor).forEach((part, i) => {
        result.set(rename(`${fused}[${i}]${parameter}`, toHuggingFace)!, part)
      })
    }
  }
  return result
}

/**
 * timm names for a ViT's tensors under Hugging Face names: those of files, those that transformers 5 uses in memory, and
 * both without the leading `vit.` (as a bare ViTModel has them). Query, key and value are copied into one fused tensor.
 * Names that are not in the table stay as they are, and so do a query, key and value that do not fit together.
 */
export function huggingFaceToTimm(tensors: Map<string, Tensor>): Map<string, Tensor> {
  const renamed = new Map<string, { tensor: Tensor; original: string }>()
  for (const [original, tensor] of tensors) renamed.set(timmName(original), { tensor, original })

  const result = new Map<string, Tensor>()
  for (const [name, { tensor, original }] of renamed) {
    const [, fused, part, parameter] = /^(blocks\.\d+\.attn\.qkv)\[(\d)\](.*)$/.exec(name) ?? []
    if (fused === undefined) {
      result.set(name, tensor)
      continue
    }
    const parts = [0, 1, 2].map((i) => renamed.get(`${fused}[${i}]${parameter}`)?.tensor)
    if (!fitTogether(parts)) result.set(original, tensor)
    else if (part === '0') result.set(fused + parameter, join(parts))
  }
  return result
}

function timmName(name: string): string {
  const filed = name.replace(/^(vit\.)?layers\.(?=\d)/, 'vit.encoder.layer.')
  return rename(filed, toTimm) ?? rename(`vit.${filed}`, toTimm) ?? name
}

/** The name that `names` has for a tensor, whose block number and parameter (`.weight`, `.bias`) are kept. */
function rename(name: string, names: Map<string, string>): string | undefined {
  const [, layer, parameter] = /^(.*?)(\.weight|\.bias)?$/s.exec(name)!
  const [, block] = /\.(\d+)\./.exec(layer!) ?? []
  const target = names.get(block === undefined ? layer! : layer!.replace(`.${block}.`, '.*.'))
  return target && target.replace('*', block ?? '*') + (parameter ?? '')
}

function thirds({ dtype, shape, data }: Tensor): Tensor[] {
  const size = data.length / 3
  if (shape[0]! % 3 !== 0) throw new Error(`A fused query, key and value of shape [${shape}] has no three equal parts`)
  return [0, 1, 2].map((i) => ({
    dtype,
    shape: [shape[0]! / 3, ...shape.slice(1)],
    data: data.subarray(i * size, (i + 1) * size),
  }))
}

function fitTogether(parts: (Tensor | undefined)[]): parts is Tensor[] {
  const [first] = parts
  return parts.every(
    (part) =>
      first && part && part.dtype === first.dtype && part.shape.length > 0 && `${part.shape}` === `${first.shape}`,
  )
}

/** One tensor of tensors of the same dtype and shape, along their first axis. */
function join(parts: Tensor[]): Tensor {
  const { dtype, shape, data } = parts[0]!
  const joined = allocate(dtype, parts.length * data.length)
  const bytes = bytesOf(joined)
  parts.forEach((part, i) => {
    bytes.set(bytesOf(part.data), i * data.byteLength)
  })
  return { dtype, shape: [parts.length * shape[0]!, ...shape.slice(1)], data: joined }
}
