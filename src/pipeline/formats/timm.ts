import { parseTimmConfig, preparationDifference, toPreprocessorJson, toTimmFields } from '../../image/index.js'
import { fromCanonical, serializeSafetensors } from '../../weights/index.js'
import { type Model, preprocessorFile } from '../model.js'
import { type Content, type Format, jsonText, type Layout } from './format.js'
import { areNumbered, nameOf, type Part, partsOf } from './parts.js'
import { timmArchitecture, timmArguments } from './timm-architecture.js'

const lacking: readonly Part[] = ['mlpHead', 'representation', 'pooler', 'tokenAndMeanPooling', 'bareDistillation']

/** timm: what `timm.create_model('local-dir:FOLDER', pretrained=True)` loads. */
export const timm: Format = {
  library: 'timm',
  lacks(model) {
    const part = partsOf(model).find((name) => lacking.includes(name))
    return part && nameOf(part)
  },
  layOut,
}

function layOut({ vit, labels, preprocessor }: Model): Layout {
  const { config } = vit
  const { name, layerNormEps } = timmArchitecture(config)
  const prepared = toTimmFields(preprocessor)
  const difference = preparationDifference(preprocessor, parseTimmConfig({ pretrained_cfg: prepared }, ''))
  const hasEps = layerNormEps === config.layerNormEps
  const json = {
    architecture: name,
    num_classes: config.numClasses,
    num_features: config.embedDim,
    global_pool: config.pooling,
    ...(!areNumbered(labels) && { label_names: labels }),
    model_args: timmArguments(config, name),
    pretrained_cfg: {
      custom_load: false,
      fixed_input_size: true,
      ...prepared,
      input_size: [config.inChannels, config.imageSize, config.imageSize],
      num_classes: config.numClasses,
      pool_size: null,
      first_conv: 'patch_embed.proj',
      classifier: config.distillation ? ['head', 'head_dist'] : 'head',
    },
    ...(!hasEps && { vitrine: { layerNormEps: config.layerNormEps } }),
  }
  const notices = [
    ...(hasEps ? [] : [epsNotice(config.layerNormEps, layerNormEps)]),
    ...(difference === 'visible' ? [preparationNotice] : []),
  ]
  return {
    architecture: name,
    files: new Map<string, Content>([
      ['config.json', jsonText(json)],
      ...(difference === 'none' ? [] : ([[preprocessorFile, jsonText(toPreprocessorJson(preprocessor))]] as const)),
      ['model.safetensors', serializeSafetensors(fromCanonical(vit.stateDict(), 'timm'), { format: 'pt' })],
    ]),
    notices,
  }
}

const epsNotice = (own: number, theirs: number) =>
  `timm has LayerNorms with the epsilon ${theirs.toExponential()} alone, and this model has ${own.toExponential()}: expect outputs to differ by up to 1e-4 of the largest`
const preparationNotice = `timm cannot prepare pictures exactly as this model has it: ${preprocessorFile} says how, for others`
