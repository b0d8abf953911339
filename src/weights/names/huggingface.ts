import { foldClassPosition } from './class-position.js'
import type { NameTable, Row } from './table.js'

const layer = 'encoder.layer.*'
/** What transformers 5 calls the layers in memory; its files keep the old names, but other tools save what they see. */
const inMemory = 'layers.*'

const embeddings: Row[] = [
  ['cls_token', 'embeddings.cls_token'],
  ['pos_embed', 'embeddings.position_embeddings'],
  ['patch_embed.proj.*', 'embeddings.patch_embeddings.projection.*'],
]

const vitRows: Row[] = [
  ...embeddings,
  ['blocks.*.norm1.*', [`${layer}.layernorm_before.*`, `${inMemory}.layernorm_before.*`]],
  ['blocks.*.attn.qkv[0/3].*', [`${layer}.attention.attention.query.*`, `${inMemory}.attention.q_proj.*`]],
  ['blocks.*.attn.qkv[1/3].*', [`${layer}.attention.attention.key.*`, `${inMemory}.attention.k_proj.*`]],
  ['blocks.*.attn.qkv[2/3].*', [`${layer}.attention.attention.value.*`, `${inMemory}.attention.v_proj.*`]],
  ['blocks.*.attn.proj.*', [`${layer}.attention.output.dense.*`, `${inMemory}.attention.o_proj.*`]],
  ['blocks.*.norm2.*', [`${layer}.layernorm_after.*`, `${inMemory}.layernorm_after.*`]],
  ['blocks.*.mlp.fc1.*', [`${layer}.intermediate.dense.*`, `${inMemory}.mlp.fc1.*`]],
  ['blocks.*.mlp.fc2.*', [`${layer}.output.dense.*`, `${inMemory}.mlp.fc2.*`]],
  ['norm.*', 'layernorm.*'],
  ['pre_logits.fc.*', 'pooler.dense.*'],
]

const dinov2Rows: Row[] = [
  ...embeddings,
  ['blocks.*.norm1.*', `${layer}.norm1.*`],
  ['blocks.*.attn.qkv[0/3].*', [`${layer}.attention.attention.query.*`, `${layer}.attention.q_proj.*`]],
  ['blocks.*.attn.qkv[1/3].*', [`${layer}.attention.attention.key.*`, `${layer}.attention.k_proj.*`]],
  ['blocks.*.attn.qkv[2/3].*', [`${layer}.attention.attention.value.*`, `${layer}.attention.v_proj.*`]],
  ['blocks.*.attn.proj.*', [`${layer}.attention.output.dense.*`, `${layer}.attention.o_proj.*`]],
  ['blocks.*.ls1.gamma', `${layer}.layer_scale1.lambda1`],
  ['blocks.*.norm2.*', `${layer}.norm2.*`],
  ['blocks.*.mlp.fc1.*', `${layer}.mlp.fc1.*`],
  ['blocks.*.mlp.fc2.*', `${layer}.mlp.fc2.*`],
  ['blocks.*.ls2.gamma', `${layer}.layer_scale2.lambda1`],
  ['norm.*', 'layernorm.*'],
]

const dinov2SwiGlu: Row[] = [
  ['blocks.*.mlp.fc1.*', `${layer}.mlp.weights_in.*`],
  ['blocks.*.mlp.fc1[0/2].*', `${layer}.mlp.gate_proj.*`], // in memory
  ['blocks.*.mlp.fc1[1/2].*', `${layer}.mlp.up_proj.*`],
  ['blocks.*.mlp.fc2.*', [`${layer}.mlp.weights_out.*`, `${layer}.mlp.down_proj.*`]],
]

/** What the three kinds of models share. */
const common = {
  source: 'huggingface',
  anchor: 'embeddings.patch_embeddings.projection.weight',
  leftOut: [
    [/^embeddings\.mask_token$/, 'the mask token of the pretraining'],
    [/^decoder\./, 'the decoder of the pretraining'],
  ],
} as const

/** ViTForImageClassification, and ViTModel. */
export const huggingFaceVit: NameTable = {
  ...common,
  modelType: 'vit',
  prefix: 'vit.',
  tokens: 1,
  rows: vitRows,
  outside: [
    ['head.*', 'classifier.*'],
    ['head.fc1.*', 'head.fc1.*'], // our own, which transformers lacks
    ['head.fc2.*', 'head.fc2.*'],
  ],
}

/** DeiTForImageClassificationWithTeacher, DeiTForImageClassification and DeiTModel. */
export const huggingFaceDeit: NameTable = {
  ...common,
  modelType: 'deit',
  mark: 'distillation_token',
  prefix: 'deit.',
  tokens: 2,
  rows: [...vitRows, ['dist_token', 'embeddings.distillation_token']],
  outside: [
    ['head.*', ['cls_classifier.*', 'classifier.*']],
    ['head_dist.*', 'distillation_classifier.*'],
  ],
  // Of two heads, the mean counts; DeiTForImageClassification has but one, on the class token.
  finish: (tensors) => {
    const parameters = ['weight', 'bias'].flatMap((name) => (tensors.get(`head.${name}`) ? [name] : []))
    if (tensors.has('head_dist.weight') || parameters.length === 0) return []
    for (const name of parameters) {
      const head = tensors.get(`head.${name}`)!
      tensors.set(`head.${name}`, { ...head, data: (head.data as Float32Array).map((value) => 2 * value) })
      tensors.set(`head_dist.${name}`, { ...head, data: new Float32Array(head.data.length) })
    }
    return ['doubled the head and set that of the distillation token to zero: their mean is the one head of the file']
  },
}

/** Dinov2ForImageClassification and Dinov2Model. */
export const huggingFaceDinov2: NameTable = {
  ...common,
  modelType: 'dinov2',
  mark: 'layer_scale1',
  prefix: 'dinov2.',
  tokens: 1,
  rows: dinov2Rows,
  swiglu: dinov2SwiGlu,
  outside: [['head.*', 'classifier.*']],
}

/** Dinov2WithRegistersForImageClassification and Dinov2WithRegistersModel. */
export const huggingFaceDinov2WithRegisters: NameTable = {
  ...huggingFaceDinov2,
  modelType: 'dinov2_with_registers',
  mark: 'register_tokens',
  prefix: 'dinov2_with_registers.',
  rows: [...dinov2Rows, ['reg_token', 'embeddings.register_tokens']],
  finish: (tensors, _has, file) => foldClassPosition(tensors, file),
}
