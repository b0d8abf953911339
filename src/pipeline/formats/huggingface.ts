import { parsePreprocessorConfig, preparationDifference, toPreprocessorJson } from '../../image/index.js'
import type { StateDict, ViTConfig } from '../../nn/index.js'
import {
  fromCanonical,
  type HuggingFaceType,
  huggingFaceActivations,
  serializeSafetensors,
  writeHuggingFaceConfig,
} from '../../weights/index.js'
import { type Model, preprocessorFile } from '../model.js'
import { huggingFaceSizes, type OwnOptions } from '../vit-config.js'
import { dinov2MlpRatio } from './dinov2.js'
import { type Format, jsonText, type Layout } from './format.js'
import { nameOf, type Part, partsOf } from './parts.js'
import { withClassTokenHead, withLayerScale, withQkvBias, zeros } from './tensors.js'

interface Kind {
  modelType: HuggingFaceType
  classes: { head: string; noHead: string }
  /** What every model of this kind has. */
  always: readonly Part[]
  /** What it may have. */
  may: readonly Part[]
}

/** What all kinds may have. */
const anywhere: readonly Part[] = ['noHead', 'otherActivation', 'otherChannels', 'margin']
const dinov2: readonly Part[] = ['layerScale', 'swiglu', 'meanPooling', 'tokenAndMeanPooling']

const kinds: readonly Kind[] = [
  {
    modelType: 'vit',
    classes: { head: 'ViTForImageClassification', noHead: 'ViTModel' },
    always: [],
    may: ['pooler', 'otherMlpWidth'],
  },
  {
    modelType: 'deit',
    classes: { head: 'DeiTForImageClassificationWithTeacher', noHead: 'DeiTModel' },
    always: ['distillation'],
    may: ['otherMlpWidth', 'bareDistillation'],
  },
  {
    modelType: 'dinov2',
    classes: { head: 'Dinov2ForImageClassification', noHead: 'Dinov2Model' },
    always: [],
    may: dinov2,
  },
  {
    modelType: 'dinov2_with_registers',
    classes: { head: 'Dinov2WithRegistersForImageClassification', noHead: 'Dinov2WithRegistersModel' },
    always: ['registers'],
    may: dinov2,
  },
  {
    modelType: 'clip_vision_model',
    classes: { head: 'CLIPVisionModelWithProjection', noHead: 'CLIPVisionModel' },
    always: ['preNorm'],
    may: ['otherMlpWidth'],
  },
  {
    modelType: 'siglip_vision_model',
    classes: { head: 'SiglipForImageClassification', noHead: 'SiglipVisionModel' },
    always: ['noClassToken'],
    may: ['otherMlpWidth', 'meanPooling', 'attentionPooling'],
  },
]

/** Parts of a plain ViT that ViTForImageClassification has not, but whose tensors Vitrine finds beside the others. */
const besides: readonly Part[] = ['mlpHead', 'representation']

/** Hugging Face's transformers, and transformers.js. */
export const huggingFace: Format = {
  library: 'transformers',
  lacks(model) {
    const { lacking } = closest(model)
    const able = (part: Part) => kinds.filter((kind) => knows(kind, part))
    // What no kind has says more than what the closest one has not; of two parts that exclude each other, both count.
    const part = lacking.find((name) => able(name).length === 0) ?? lacking[0]
    if (part === undefined) return undefined
    const rival = able(part).length > 0 && partsOf(model).find((name) => !able(part).some((kind) => knows(kind, name)))
    return rival ? `${nameOf(part)} but ${nameOf(rival)}` : nameOf(part)
  },
  layOut,
}

/** Whether a folder in Hugging Face's layout keeps the model, if need be with tensors that transformers has no place for. */
export function isKeptByHuggingFace(model: Model): boolean {
  const { kind, lacking } = closest(model)
  return lacking.length === 0 || (kind.modelType === 'vit' && lacking.every((part) => besides.includes(part)))
}

const knows = ({ always, may }: Kind, part: Part) => [...anywhere, ...always, ...may].includes(part)

/** The kind that a model is, or that has most of what it has. */
function closest(model: Model): { kind: Kind; lacking: readonly Part[] } {
  const parts = partsOf(model)
  const candidates = kinds
    .filter(({ always }) => always.every((part) => parts.includes(part)))
    .map((kind) => ({ kind, lacking: parts.filter((part) => !knows(kind, part)) }))
  return candidates.reduce((best, other) => (other.lacking.length < best.lacking.length ? other : best))
}

function layOut(model: Model): Layout {
  const { vit, labels, preprocessor } = model
  const { modelType, classes } = closest(model).kind
  const architecture = vit.config.numClasses > 0 ? classes.head : classes.noHead
  const tensors = fromCanonical(adapted(vit.stateDict(), vit.config, modelType), modelType)
  // Of no use but for pretraining; without it, transformers would draw one and warn.
  if (modelType.startsWith('dinov2')) tensors.set(`${modelType}.embeddings.mask_token`, zeros([1, vit.config.embedDim]))
  const config = configText(modelType, architecture, vit.config, labels)
  const prepared = toPreprocessorJson(preprocessor)
  // What Vitrine adds for itself, transformers does not read.
  const read = parsePreprocessorConfig({ ...prepared, vitrine: undefined }, '')
  return {
    architecture,
    files: new Map<string, string | Uint8Array | readonly Uint8Array[]>([
      ['config.json', config],
      [preprocessorFile, jsonText(prepared)],
      ['model.safetensors', serializeSafetensors(tensors, { format: 'pt' })],
    ]),
    notices: preparationDifference(preprocessor, read) === 'visible' ? [preparationNotice] : [],
  }
}

const preparationNotice =
  'transformers cannot prepare pictures exactly as this model has it: compare what it makes of some before you rely on it'

/** The tensors of a model with those that the kind always has. */
function adapted(tensors: StateDict, config: ViTConfig, modelType: HuggingFaceType): StateDict {
  switch (modelType) {
    case 'dinov2':
    case 'dinov2_with_registers':
      return withClassTokenHead(withLayerScale(tensors), config)
    case 'clip_vision_model':
    case 'siglip_vision_model':
      return withQkvBias(tensors)
    default:
      return tensors
  }
}

function configText(modelType: HuggingFaceType, architecture: string, config: ViTConfig, labels: readonly string[]) {
  const fields = fieldsOf(modelType, config)
  const own = ownOptions(modelType, config)
  const isTower = architecture === 'SiglipForImageClassification'
  return writeHuggingFaceConfig(
    {
      ...(isTower ? { vision_config: { ...fields, model_type: modelType } } : fields),
      model_type: isTower ? 'siglip' : modelType,
      architectures: [architecture],
      ...(own && { vitrine: own }),
    },
    modelType === 'clip_vision_model' ? [] : labels,
  )
}

/** The fields of `config.json` that differ from kind to kind in name or in being there. */
function fieldsOf(modelType: HuggingFaceType, config: ViTConfig): Record<string, unknown> {
  const { numHeads, layerNormEps, numClasses, dropout, attentionDropout, dropPath, representationSize } = config
  const { intermediate_size, qkv_bias, ...sizes } = huggingFaceSizes(config)
  const common = {
    ...sizes,
    num_attention_heads: numHeads,
    layer_norm_eps: layerNormEps,
    hidden_act: activationName(config),
  }
  const classic = {
    ...common,
    qkv_bias,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: attentionDropout,
    initializer_range: 0.02,
  }
  switch (modelType) {
    case 'vit':
    case 'deit':
      return {
        ...classic,
        intermediate_size,
        ...(representationSize > 0 && { pooler_act: 'tanh', pooler_output_size: representationSize }),
      }
    case 'dinov2':
    case 'dinov2_with_registers':
      return {
        ...classic,
        mlp_ratio: dinov2MlpRatio(config),
        use_swiglu_ffn: config.mlp === 'swiglu',
        drop_path_rate: dropPath,
        ...(modelType === 'dinov2_with_registers' && { num_register_tokens: config.regTokens }),
      }
    case 'clip_vision_model':
      return {
        ...common,
        intermediate_size,
        attention_dropout: attentionDropout,
        ...(numClasses > 0 && { projection_dim: numClasses }),
      }
    case 'siglip_vision_model':
      return {
        ...common,
        intermediate_size,
        attention_dropout: attentionDropout,
        vision_use_head: config.pooling === 'map',
      }
  }
}

function activationName({ activation }: ViTConfig): string {
  return Object.entries(huggingFaceActivations).find(([, ours]) => ours === activation)![0]
}

/** What a kind of models has no fields for; it is of use to those who train the model further with Vitrine. */
function ownOptions(modelType: HuggingFaceType, config: ViTConfig): OwnOptions | undefined {
  const { head, representationSize, dropPath, dropout, numClasses } = config
  const isDinov2 = modelType.startsWith('dinov2')
  const hasDropout = isDinov2 || modelType === 'vit' || modelType === 'deit'
  const own = {
    ...(head !== 'linear' && { head }),
    ...(representationSize > 0 && numClasses > 0 && { representationSize }),
    ...(dropPath > 0 && !isDinov2 && { dropPath }),
    ...(dropout > 0 && !hasDropout && { dropout }),
  }
  return Object.keys(own).length > 0 ? own : undefined
}
