import { UserError } from '../errors.js'
import { type PreprocessorConfig, parsePreprocessorConfig } from '../image/index.js'
import type { Graph } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import { parseJson, readJson } from './json.js'
import { metadataKeys, preprocessorFile } from './model.js'

/** The names of an `.onnx` file's classes: from its metadata, where we wrote it, or from the files in `folder`, which ends with a slash. */
export async function labelsOfFile(files: Files, graph: Graph, path: string, folder: string) {
  return ownLabels(graph, path) ?? (await labelsIn(files, folder))
}

/** How pictures are prepared for an `.onnx` file; from the same places. */
export async function preprocessorOfFile(files: Files, graph: Graph, path: string, folder: string) {
  return ownPreprocessor(graph, path) ?? (await preprocessorIn(files, folder))
}

/** What to tell the user where none of them says it. */
export const guessedPreprocessor = (path: string, { crop }: PreprocessorConfig) =>
  `${path} does not say how pictures are prepared, so they are made ${crop.height} × ${crop.width} and normalised with mean and deviation 0.5: put its ${preprocessorFile} beside it if that is wrong`

/** Why a file that takes pictures as bytes is of no use where pixels are prepared outside. */
export const preparesPictures = (path: string) =>
  new UserError(
    `${path} prepares pictures in its own way: choose the model folder, or an export without --preprocessing`,
  )

/** The labels that our own files carry. */
function ownLabels({ metadata }: Graph, path: string): string[] | undefined {
  const text = metadata.get(metadataKeys.labels)
  return text === undefined ? undefined : (parseJson(text, `${path}: ${metadataKeys.labels}`) as string[])
}

function ownPreprocessor({ metadata }: Graph, path: string): PreprocessorConfig | undefined {
  const text = metadata.get(metadataKeys.preprocessor)
  return text === undefined
    ? undefined
    : parsePreprocessorConfig(parseJson(text, `${path}: ${metadataKeys.preprocessor}`), path)
}

/** The labels in a `class_indices.json`, as the tutorials write it, or in a `config.json` of Hugging Face. */
async function labelsIn(files: Files, folder: string): Promise<string[] | undefined> {
  const own = await readIfThere(files, `${folder}class_indices.json`)
  const labels = own ?? (await readIfThere(files, `${folder}config.json`))?.id2label
  return typeof labels === 'object' && labels !== null ? Object.values(labels) : undefined
}

async function preprocessorIn(files: Files, folder: string): Promise<PreprocessorConfig | undefined> {
  const path = `${folder}${preprocessorFile}`
  const json = await readIfThere(files, path)
  return json && parsePreprocessorConfig(json, path)
}

async function readIfThere(files: Files, path: string): Promise<Record<string, unknown> | undefined> {
  return (await files.kind(path)) === 'file' ? ((await readJson(files, path)) as Record<string, unknown>) : undefined
}
