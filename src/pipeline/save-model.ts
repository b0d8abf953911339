import { toPreprocessorJson } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { jsonText, type Layout } from './formats/format.js'
import { huggingFace, isKeptByHuggingFace } from './formats/huggingface.js'
import { timm } from './formats/timm.js'
import { inferenceGraph, type Model, preprocessorFile } from './model.js'
import { writeOnnx } from './onnx-file.js'

/**
 * Writes a model as a folder that Vitrine reads back exactly, and other libraries where they have such a model:
 * config.json and model.safetensors in Hugging Face's layout, or in timm's where Hugging Face has no class for the
 * model; also preprocessor_config.json, class_indices.json and onnx/model.onnx.
 */
export async function saveModel(files: Files, folder: string, model: Model): Promise<void> {
  const { labels, preprocessor } = model
  const layout = isKeptByHuggingFace(model) ? huggingFace.layOut(model) : timm.layOut(model)
  await writeLayout(files, folder, layout)
  await files.write(`${folder}/${preprocessorFile}`, jsonText(toPreprocessorJson(preprocessor)))
  await files.write(`${folder}/class_indices.json`, `${JSON.stringify({ ...labels }, null, 4)}\n`)
  await writeOnnx(files, `${folder}/onnx/model.onnx`, inferenceGraph(model))
}

/** Which libraries of Hugging Face load what saveModel writes, with the same outputs; transformers may ask for timm. */
export function readersOf(model: Model): { transformers: boolean; transformersJs: boolean } {
  const isKept = isKeptByHuggingFace(model)
  // transformers.js runs onnx/model.onnx, whatever it is, once config.json names a type that it knows.
  return { transformers: !(isKept ? huggingFace : timm).lacks(model), transformersJs: isKept }
}

/** Writes the files of a layout into a folder. */
export async function writeLayout(files: Files, folder: string, layout: Layout): Promise<void> {
  for (const [name, content] of layout.files) await files.write(`${folder}/${name}`, content)
}
