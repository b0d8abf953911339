import { existsSync, readFileSync } from 'node:fs'
import { everyPart, readModel, understand } from '../../dist/inspect/index.js'
import { python, runPython } from './python.mjs'
import { temporaryFolder } from './temporary-folder.mjs'

/** The packages that tools/make-onnx-corpus.py cannot do without. */
export const corpusPackages = ['torch', 'timm', 'transformers', 'torchvision', 'onnx', 'onnxruntime', 'onnxscript']

/** The folder with the exports and their truth: VITRINE_ONNX_CORPUS, or made now. */
export function onnxCorpus() {
  const folder = process.env.VITRINE_ONNX_CORPUS ?? temporaryFolder()
  if (!existsSync(`${folder}/manifest.json`)) runPython(['tools/make-onnx-corpus.py', folder], python)
  return { folder, ...JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) }
}

/** What is understood of a file, or the error. */
export function understood(folder, file) {
  try {
    const external = (location) => bytes(`${folder}/${location}`)
    return understand(readModel(readFileSync(`${folder}/${file}`), external).graph)
  } catch (error) {
    return { error }
  }
}

function bytes(path) {
  const content = readFileSync(path)
  return { size: content.length, read: (offset, length) => content.subarray(offset, offset + length) }
}

/** The parts whose number the source model tells: LayerNorms, GELUs of each kind, attentions. */
export function countsOf({ stages }) {
  const counts = { layerNorm: 0, attention: 0, 'gelu none': 0, 'gelu tanh': 0, 'gelu quick': 0 }
  for (const { kind, details } of everyPart(stages))
    if (kind === 'gelu') counts[`gelu ${details.approximate}`]++
    else if (kind === 'layerNorm') counts.layerNorm++
    else if (kind === 'scaledDotProduct') counts.attention++
  return counts
}

export const trueCounts = ({ layerNorm, attention, gelu }) => ({
  layerNorm,
  attention,
  'gelu none': gelu.none,
  'gelu tanh': gelu.tanh,
  'gelu quick': gelu.quick,
})

/** The fields in which a config that was recognised differs from the true one, each as text. */
export function wrongFields(config, truth) {
  if (!config) return ['no config']
  const found = { ...config, layerScale: (config.initValues ?? 0) > 0 }
  return Object.entries(truth)
    .filter(([name, value]) => !same(found[name], value))
    .map(([name, value]) => `${name} ${found[name]}, not ${value}`)
}

/** Epsilons come as float32, or rounded to half precision. */
const same = (a, b) => a === b || (typeof a === 'number' && Math.abs(a - b) <= 0.02 * Math.abs(b) && b < 1e-3)

/** Whether a verdict may be what it is: `kinds`, and those of `withDifferences` where some are told. */
export const rightVerdict = ({ kind, differences }, { kinds, withDifferences = [] }) =>
  kinds.includes(kind) || (withDifferences.includes(kind) && differences.length > 0)
