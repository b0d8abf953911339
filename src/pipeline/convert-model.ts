import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import type { Format } from './formats/format.js'
import { huggingFace } from './formats/huggingface.js'
import { timm } from './formats/timm.js'
import { torchvision } from './formats/torchvision.js'
import { inferenceGraph, type Model } from './model.js'
import { writeOnnx } from './onnx-file.js'
import { writeLayout } from './save-model.js'

/** The libraries that models are written for, by the names that the command line has for them. */
const formats = { timm, hf: huggingFace, torchvision } satisfies Record<string, Format>
export type ConversionTarget = keyof typeof formats
export const conversionTargets = Object.keys(formats) as ConversionTarget[]

/** What convertModel wrote. */
export interface Conversion {
  /** The class or the architecture of the library that the model is now. */
  architecture: string
  /** The names of the files. */
  files: string[]
  /** What the library does otherwise than Vitrine, a sentence each. */
  notices: readonly string[]
}

/**
 * Writes a model as a folder that another library loads, with the same outputs: timm's, Hugging Face's (with
 * onnx/model.onnx for transformers.js) or torchvision's.
 * @throws UserError where the library has no such model
 */
export async function convertModel(
  files: Files,
  folder: string,
  model: Model,
  target: ConversionTarget,
): Promise<Conversion> {
  const { library, lacks, layOut } = formats[target]
  const missing = lacks(model)
  if (missing) throw new UserError(`${library} has no Vision Transformer with ${missing}: ${insteadOf(model)}`)
  const layout = layOut(model)
  await writeLayout(files, folder, layout)
  if (target === 'hf') await writeOnnx(files, `${folder}/onnx/model.onnx`, inferenceGraph(model))
  return {
    architecture: layout.architecture,
    files: [...layout.files.keys(), ...(target === 'hf' ? ['onnx/model.onnx'] : [])],
    notices: layout.notices,
  }
}

function insteadOf(model: Model): string {
  const able = conversionTargets.find((target) => !formats[target].lacks(model))
  return able ? `use --to ${able}` : 'leave it as it is, or use vitrine export to have it as ONNX'
}
