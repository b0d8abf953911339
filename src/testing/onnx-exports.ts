import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  everyPart,
  type ModelKind,
  type OnnxModel,
  readModel,
  type Understanding,
  understand,
} from '../inspect/index.js'
import type { ViTConfig } from '../nn/index.js'
import type { ByteSource } from '../onnx/index.js'
import { vitFromOnnx } from '../pipeline/from-onnx/vit-from-onnx.js'
import { softmax } from '../pipeline/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { familyOutputs, relativeError } from './families.js'

/** A file that tools/make-onnx-corpus.py wrote, and what is true of the model it was exported from. */
export interface Export {
  file: string
  /** The name of the source model; outputs/SOURCE.json has what PyTorch computes by it. */
  source: string
  /** What was done to the file after its export. */
  after: string[]
  /** How far its outputs may be from its source's, relative to the largest. */
  tolerance: number
  verdict: {
    /** What it may be called. */
    kinds: ModelKind[]
    /** What it may be called where differences are told. */
    withDifferences?: ModelKind[]
  }
  /** How often each ran in one pass through the source. */
  counts: { layerNorm: number; attention: number; gelu: Record<'none' | 'tanh' | 'quick', number> }
  /** Whether some of the attention is no scaled dot product of tokens, so that it may be missed. */
  otherAttention?: boolean
  /** What nn/'s ViT has to be given, as far as the graph tells. `layerScale` is whether initValues is above 0. */
  config?: Partial<ViTConfig> & { layerScale?: boolean }
}

/** What exporters made of many models, and what they themselves could not do. */
export interface Exports {
  folder: string
  files: Export[]
  refused: { file: string; error: string }[]
}

/** @param folder what tools/make-onnx-corpus.py wrote */
export const loadExports = (folder: string): Exports => ({
  folder,
  ...JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
})

export const isViT = ({ verdict }: Export): boolean => verdict.kinds.includes('vit')

/** The model in a file of the folder. */
export const readExport = (folder: string, file: string): OnnxModel =>
  readModel(readFileSync(join(folder, file)), (location) => inMemory(readFileSync(join(folder, location))))

export const understandExport = (folder: string, file: string): Understanding =>
  understand(readExport(folder, file).graph)

const inMemory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
})

type Counts = Record<'layerNorm' | 'attention' | 'gelu none' | 'gelu tanh' | 'gelu quick', number>

/** How many parts were recognised of the kinds that the source was asked for. */
export function foundCounts({ stages }: Understanding): Counts {
  const counts: Counts = { layerNorm: 0, attention: 0, 'gelu none': 0, 'gelu tanh': 0, 'gelu quick': 0 }
  for (const { kind, details } of everyPart(stages))
    if (kind === 'gelu') counts[`gelu ${details.approximate as 'none' | 'tanh' | 'quick'}`]++
    else if (kind === 'layerNorm') counts.layerNorm++
    else if (kind === 'scaledDotProduct') counts.attention++
  return counts
}

export const trueCounts = ({ counts: { layerNorm, attention, gelu } }: Export): Counts => ({
  layerNorm,
  attention,
  'gelu none': gelu.none,
  'gelu tanh': gelu.tanh,
  'gelu quick': gelu.quick,
})

/** What is wrong with a model's kind and config, each as text: nothing where both are the source's. */
export function wrongConfig({ kind, config }: Understanding, truth: Export): string[] {
  const found = { ...config, layerScale: (config?.initValues ?? 0) > 0 }
  const fields = Object.entries(truth.config ?? {}).map(([name, value]) => ({
    name,
    value,
    actual: (found as Record<string, unknown>)[name],
  }))
  return [
    ...(kind === 'vit' ? [] : [`is called ${kind}`]),
    ...(config
      ? fields
          .filter(({ value, actual }) => !same(actual, value))
          .map(({ name, value, actual }) => `${name} ${actual}, not ${value}`)
      : ['no config']),
  ]
}

/** An epsilon comes as float32, or rounded to half precision. */
const same = (a: unknown, b: unknown) =>
  a === b || (typeof a === 'number' && typeof b === 'number' && b < 1e-3 && Math.abs(a - b) <= 0.02 * b)

export const isRightVerdict = (
  { kind, differences }: Understanding,
  { verdict: { kinds, withDifferences = [] } }: Export,
): boolean => kinds.includes(kind) || (withDifferences.includes(kind) && differences.length > 0)

/**
 * How far our ViT, rebuilt from a file, is from what PyTorch computes by its source, relative to the largest output.
 * @throws UserError where no ViT can be rebuilt
 */
export async function rebuiltError(folder: string, { file, source }: Export): Promise<number> {
  const { graph } = readExport(folder, file)
  const data = `${file}.data`
  const externalData = existsSync(join(folder, data)) ? { [data]: readFileSync(join(folder, data)) } : {}
  const model = readFileSync(join(folder, file))
  const { vit, difference } = await vitFromOnnx(file, { model, externalData, graph }, inlineRuntime)
  const { inputs, outputs } = JSON.parse(readFileSync(join(folder, 'outputs', `${source}.json`), 'utf8'))
  const [shape] = Object.values(inputs) as number[][]
  const expected = Object.values(outputs as Record<string, { values: number[] }>).at(-1)!.values
  const logits = await familyOutputs(vit, shape!)
  // Some sources end in a softmax.
  const actual = Math.abs(expected.reduce((sum, value) => sum + value) - 1) < 1e-5 ? softmax(logits) : logits
  // Ours pools what some sources give as tokens: those were compared on the way.
  return actual.length === expected.length ? relativeError(actual, expected) : difference
}
