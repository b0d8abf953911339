import { toPreprocessorJson } from '../image/index.js'
import type { ViTConfig } from '../nn/index.js'
import type { Files } from '../runtime/files.js'
import { fromCanonical, serializeSafetensors, writeHuggingFaceConfig } from '../weights/index.js'
import { inferenceGraph, type Model, preprocessorFile } from './model.js'
import { writeOnnx } from './onnx-file.js'
import { huggingFaceSizes, type OwnOptions } from './vit-config.js'

/**
 * Writes a model as a folder that Hugging Face's libraries read as a ViTForImageClassification: config.json,
 * preprocessor_config.json, model.safetensors; also class_indices.json and onnx/model.onnx.
 */
export async function saveModel(files: Files, folder: string, model: Model): Promise<void> {
  const { vit, labels, preprocessor } = model
  await files.write(`${folder}/config.json`, configJson(vit.config, labels))
  await files.write(`${folder}/${preprocessorFile}`, `${JSON.stringify(toPreprocessorJson(preprocessor), null, 2)}\n`)
  await files.write(`${folder}/class_indices.json`, `${JSON.stringify({ ...labels }, null, 4)}\n`)
  await files.write(
    `${folder}/model.safetensors`,
    serializeSafetensors(fromCanonical(vit.stateDict(), 'vit'), { format: 'pt' }),
  )
  await writeOnnx(files, `${folder}/onnx/model.onnx`, inferenceGraph(model))
}

/** The text of `config.json` for a model: ViTForImageClassification's fields, and ours under `vitrine` where it needs more. */
function configJson(config: ViTConfig, labels: readonly string[]): string {
  const { head, representationSize, dropPath } = config
  const own: OwnOptions = { head, representationSize, dropPath }
  return writeHuggingFaceConfig(
    {
      model_type: 'vit',
      architectures: ['ViTForImageClassification'],
      ...huggingFaceSizes(config),
      num_attention_heads: config.numHeads,
      layer_norm_eps: config.layerNormEps,
      hidden_act: 'gelu',
      hidden_dropout_prob: config.dropout,
      attention_probs_dropout_prob: config.attentionDropout,
      initializer_range: 0.02,
      ...((head === 'mlp' || representationSize > 0 || dropPath > 0) && { vitrine: own }),
    },
    labels,
  )
}
