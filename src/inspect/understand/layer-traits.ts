import type { ViTConfig } from '../../nn/index.js'
import type { Part } from '../part.js'
import type { LayerRoles } from './roles.js'

/** What an encoder layer tells about the options of the model; undefined where it has no such part. */
export interface LayerTraits {
  dim?: number | undefined
  heads?: number | undefined
  headDim?: number | undefined
  /** What the MLP's first product gives: both halves together for SwiGLU. */
  hidden?: number | undefined
  mlp?: ViTConfig['mlp'] | undefined
  /** As nn/ names it, or in the words of the graph where nn/ has no such activation. */
  activation?: string | undefined
  norm?: string | undefined
  normKind?: 'LayerNorm' | 'RMSNorm' | undefined
  epsilon?: number | undefined
  qkvBias?: boolean | undefined
  qkNorm?: boolean | undefined
  layerScale?: boolean | undefined
}

/** Reads the traits of a layer off its parts. */
export function traitsOf({ part, norm1, attention, layerScale1, mlp }: LayerRoles): LayerTraits {
  return {
    dim: numberOf(part, 'dim') ?? numberOf(attention, 'dim'),
    ...(attention && {
      heads: numberOf(attention, 'heads'),
      headDim: numberOf(attention, 'headDim'),
      qkvBias: attentionLinears(attention).inputs.some(hasBias),
      qkNorm: attention.parts.some(isNorm),
    }),
    ...(mlp && {
      mlp: mlp.kind === 'swiGlu' ? ('swiglu' as const) : ('mlp' as const),
      hidden: hiddenOf(mlp),
      activation: activationOf(mlp),
    }),
    ...(norm1 && {
      normKind: norm1.kind === 'rmsNorm' ? ('RMSNorm' as const) : ('LayerNorm' as const),
      epsilon: epsilonOf(norm1),
      norm: String(part.details.norm ?? 'pre'),
    }),
    layerScale: layerScale1 !== undefined,
  }
}

/** The value of each trait that most layers have. */
export function usualTraits(layers: readonly LayerTraits[]): LayerTraits {
  const names = [...new Set(layers.flatMap((layer) => Object.keys(layer)))] as (keyof LayerTraits)[]
  return Object.fromEntries(names.map((name) => [name, mostFrequent(layers.map((layer) => layer[name]))]))
}

function mostFrequent<T>(values: readonly (T | undefined)[]): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** The products of an attention: those that give queries, keys and values, one or three, and the projection behind. */
export function attentionLinears(attention: Part): { inputs: Part[]; projection?: Part | undefined } {
  const linears = attention.parts.filter(({ kind }) => kind === 'linear')
  const core = attention.parts.findIndex(({ kind }) => kind === 'scaledDotProduct')
  const isBehind = (part: Part) => attention.parts.indexOf(part) > core
  return { inputs: linears.filter((part) => !isBehind(part)), projection: linears.find(isBehind) }
}

export const isNorm = ({ kind }: Part): boolean => kind === 'layerNorm' || kind === 'rmsNorm'

const hasBias = ({ weights }: Part) => weights.bias !== undefined

/** A norm's epsilon. float16 keeps the usual 1e-6 as 1.0133e-6, so near a power of ten it is that. */
export function epsilonOf(norm: Part | undefined): number | undefined {
  const kept = numberOf(norm, 'epsilon')
  const power = kept && Number(`1e${Math.round(Math.log10(kept))}`)
  return power && Math.abs(kept / power - 1) < 0.02 ? power : kept
}

/** A detail that is a number; of a float32, which most are, no more digits than it has. */
export function numberOf(part: Part | undefined, detail: string): number | undefined {
  const value = part?.details[detail]
  return typeof value === 'number' ? Number(value.toPrecision(6)) : undefined
}

function hiddenOf(mlp: Part): number | undefined {
  const known = numberOf(mlp, 'hidden')
  const linears = mlp.parts.filter(({ kind }) => kind === 'linear')
  const [first, second] = linears.map((part) => numberOf(part, 'outFeatures'))
  if (mlp.kind !== 'swiGlu') return known ?? first
  // Both halves come from one product, or each from one of its own.
  return linears.length === 2 ? first : first !== undefined && second !== undefined ? first + second : known
}

const geluForms: Record<string, string> = { none: 'gelu', tanh: 'geluTanh', quick: 'quickGelu' }

/** The activation of a part: what nn/ calls it, where nn/ has it. */
export function activationOf({ parts }: Part): string | undefined {
  const part = parts.find(({ kind }) => kind === 'gelu' || kind === 'silu' || kind === 'activation')
  if (!part) return undefined
  if (part.kind === 'gelu') return geluForms[String(part.details.approximate)] ?? 'gelu'
  return part.kind === 'silu' ? 'silu' : String(part.details.function)
}
