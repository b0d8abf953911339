import { parsePreprocessorConfig, preparationDifference, toPreprocessorJson } from '../../image/index.js'
import type { StateDict, ViTConfig } from '../../nn/index.js'
import { fromCanonical, type HuggingFaceType, serializeSafetensors } from '../../weights/index.js'
import { type Model, preprocessorFile } from '../model.js'
import { type Content, type Format, jsonText, type Layout } from './format.js'
import { huggingFaceConfigText } from './huggingface-config.js'
import { closestKind, lackingPart } from './huggingface-kinds.js'
import type { Part } from './parts.js'
import { withClassTokenHead, withLayerScale, withQkvBias, zeros } from './tensors.js'

/** Hugging Face's transformers, and transformers.js. */
export const huggingFace: Format = { library: 'transformers', lacks: lackingPart, layOut }

/** Parts of a plain ViT that ViTForImageClassification has not, but whose tensors Vitrine finds beside the others. */
const besides: readonly Part[] = ['mlpHead', 'representation']

/** Whether a folder in Hugging Face's layout keeps the model, if need be with tensors that transformers has no place for. */
export function isKeptByHuggingFace(model: Model): boolean {
  const { kind, lacking } = closestKind(model)
  return lacking.length === 0 || (kind.modelType === 'vit' && lacking.every((part) => besides.includes(part)))
}

function layOut(model: Model): Layout {
  const { vit, labels, preprocessor } = model
  const { modelType, classes } = closestKind(model).kind
  const architecture = vit.config.numClasses > 0 ? classes.head : classes.noHead
  const tensors = fromCanonical(adapted(vit.stateDict(), vit.config, modelType), modelType)
  // Of no use but for pretraining; without it, transformers would draw one and warn.
  if (modelType.startsWith('dinov2')) tensors.set(`${modelType}.embeddings.mask_token`, zeros([1, vit.config.embedDim]))
  const config = huggingFaceConfigText(modelType, architecture, vit.config, labels)
  const prepared = toPreprocessorJson(preprocessor)
  // What Vitrine adds for itself, transformers does not read.
  const read = parsePreprocessorConfig({ ...prepared, vitrine: undefined }, '')
  return {
    architecture,
    files: new Map<string, Content>([
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
