import { existsSync } from 'node:fs'
import { loadExports } from '../../dist/testing/onnx-exports.js'
import { python, runPython } from './python.mjs'
import { temporaryFolder } from './temporary-folder.mjs'

/** What tools/make-onnx-corpus.py cannot do without. */
export const corpusPackages = ['torch', 'timm', 'transformers', 'torchvision', 'onnx', 'onnxruntime', 'onnxscript']

/** Many exports with their truth: those in the folder VITRINE_ONNX_CORPUS, or made now. */
export function onnxCorpus() {
  const folder = process.env.VITRINE_ONNX_CORPUS ?? temporaryFolder()
  if (!existsSync(`${folder}/manifest.json`)) runPython(['tools/make-onnx-corpus.py', folder], python)
  return loadExports(folder)
}
