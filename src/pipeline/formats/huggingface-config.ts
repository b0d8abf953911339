import type { ViTConfig } from '../../nn/index.js'
import { type HuggingFaceType, huggingFaceActivations, writeHuggingFaceConfig } from '../../weights/index.js'
import { huggingFaceSizes, type OwnOptions } from '../vit-config.js'
import { dinov2MlpRatio } from './dinov2.js'

/** The text of `config.json` for a model as one of Hugging Face's classes. */
export function huggingFaceConfigText(
  modelType: HuggingFaceType,
  architecture: string,
  config: ViTConfig,
  labels: readonly string[],
): string {
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
