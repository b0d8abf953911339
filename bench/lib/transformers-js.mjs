import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where transformers.js is installed for comparisons; it is no dependency of ours. */
const folder = process.env.VITRINE_TRANSFORMERS_JS

function entry() {
  try {
    return folder && createRequire(join(resolve(folder), '/')).resolve('@huggingface/transformers')
  } catch {
    return undefined
  }
}

/** Why a figure cannot be measured: it is not installed. */
export const missingTransformersJs = () =>
  entry() ? undefined : 'needs a folder with @huggingface/transformers installed (VITRINE_TRANSFORMERS_JS names it)'

/** Its module, which loads models from `models` alone. */
export async function loadTransformersJs(models) {
  const library = await import(pathToFileURL(entry()))
  library.env.allowRemoteModels = false
  library.env.localModelPath = models
  return library
}
