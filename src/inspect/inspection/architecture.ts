import type { PartKind } from '../part.js'
import type { InspectedPart, Inspection } from './inspection.js'

/** A label and what is said about it. */
export type Fact = readonly [label: string, text: string]

/** What a model consists of, in a few lines; nothing is said of what was not recognised. */
export function describeArchitecture(inspection: Inspection): Fact[] {
  const parts = allParts(inspection.stages)
  const of = (...kinds: PartKind[]) => parts.filter(({ kind }) => kinds.includes(kind))
  return [
    ...tokens(inspection, of),
    ...layers(of('encoderLayer')),
    ...byForm('attention', of('attention'), describeAttention),
    ...byForm('LayerNorm', of('layerNorm'), describeNorm),
    ...byForm('RMSNorm', of('rmsNorm'), describeNorm),
    ...byForm('GELU', of('gelu'), ({ nodes, details }) => [
      gelus[String(details.approximate)],
      writtenAs(nodes.length),
    ]),
    ...ending(of),
    ...improvements(of),
  ]
}

/** Every part and all inside it, outer ones first. */
export const allParts = (parts: readonly InspectedPart[]): InspectedPart[] =>
  parts.flatMap((part) => [part, ...allParts(part.parts)])

/** A number with its noun: `1 node`, `9 nodes`. */
export const counted = (number: number, noun: string): string =>
  `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`

type PartsOf = (...kinds: PartKind[]) => InspectedPart[]

/** How pixels become tokens: `patch 16 × 16 of 224 × 224 → 196 tokens + class token`. */
function tokens({ inputs, config }: Inspection, of: PartsOf): Fact[] {
  const [patch] = of('patchEmbedding')
  if (!patch || patch.details.patchSize === undefined) return []
  const size = Number(patch.details.patchSize)
  const picture = patch.inputs.find(({ shape }) => shape?.length === 4)?.shape
  const isPixels = picture?.at(1) === inputs.find(({ shape }) => shape?.length === 4)?.shape?.at(1)
  const [height, width] = [picture?.at(-2), picture?.at(-1)].map((dim) =>
    typeof dim === 'number' ? dim : isPixels ? config?.imageSize : undefined,
  )
  const count = height && width && Math.floor(height / size) * Math.floor(width / size)
  const learned = [
    ...of('classToken').map(() => 'class token'),
    ...of('distillationToken').map(() => 'distillation token'),
    ...of('registerTokens').map(({ details }) => counted(Number(details.count), 'register token')),
  ]
  const [position] = of('positionEmbedding')
  const tokens = [count ? counted(count, 'token') : 'tokens', ...learned].join(' + ')
  const text = [
    `patch ${size} × ${size}${count ? ` of ${height} × ${width}${isPixels ? '' : ' features'}` : ''} → ${tokens}`,
    position && `learned position${position.details.tokens ? ` for ${position.details.tokens} of them` : ''}`,
  ]
  return [['tokens', listed(text)]]
}

/** All layers in one line where they are alike, else a line for each sort. */
function layers(layers: readonly InspectedPart[]): Fact[] {
  const sorts = groupBy(layers, (layer) => describeLayer(layer))
  return [...sorts].map(([text, same], i): Fact => {
    const which = sorts.size === 1 ? counted(same.length, 'layer') : numbersOf(same)
    return [i === 0 ? 'encoder' : '', `${which}: ${text}`]
  })
}

function describeLayer(layer: InspectedPart): string {
  const inside = allParts(layer.parts)
  const find = (...kinds: PartKind[]) => inside.find(({ kind }) => kinds.includes(kind))
  const { norm, dim } = layer.details
  const attention = find('attention')?.details
  const mlp = find('mlp', 'swiGlu')
  const hidden = mlp?.details.hidden
  const activation =
    mlp?.kind === 'mlp' &&
    allParts(mlp.parts)
      .map(activationName)
      .find((name) => name)
  return listed([
    norm && `${norm}-norm`,
    dim && `dim ${dim}`,
    attention && `${attention.heads ?? '?'} heads${attention.headDim ? ` of ${attention.headDim}` : ''}`,
    mlp?.kind === 'swiGlu' && `SwiGLU${hidden ? ` ${hidden}` : ''}`,
    mlp?.kind === 'mlp' && `MLP${hidden ? ` ${hidden}` : ''}${activation ? ` with ${activation}` : ''}`,
    find('layerScale') && 'LayerScale',
  ])
}

const gelus: Readonly<Record<string, string>> = { none: 'erf', tanh: 'tanh', quick: 'quick' }

function activationName({ kind, details }: InspectedPart): string | undefined {
  if (kind === 'gelu') return `GELU (${gelus[String(details.approximate)] ?? details.approximate})`
  if (kind === 'silu') return 'SiLU'
  return kind === 'activation' ? String(details.function) : undefined
}

/** `0–5, 7`: the numbers in the layers' names. */
function numbersOf(layers: readonly InspectedPart[]): string {
  const numbers = layers.map(({ name }) => Number(name.match(/\d+/)?.[0]))
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && last[1] + 1 === number) last[1] = number
    else ranges.push([number, number])
  }
  const list = ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ')
  return `${numbers.length === 1 ? 'layer' : 'layers'} ${list}`
}

/** One line that counts parts by how they are written. */
function byForm(label: string, parts: readonly InspectedPart[], describe: (part: InspectedPart) => Words): Fact[] {
  const forms = groupBy(parts, (part) => listed(describe(part)))
  const texts = [...forms].map(([form, { length }]) => (form ? `${length}, ${form}` : String(length)))
  return texts.length > 0 ? [[label, texts.join('; ')]] : []
}

const describeAttention = ({ details, parts }: InspectedPart): Words => {
  const inner = parts.find(({ kind }) => kind === 'scaledDotProduct')
  const isNormed = parts.some(({ kind }) => kind === 'layerNorm' || kind === 'rmsNorm')
  return [
    details.qkv && `q, k, v by ${details.qkv}`,
    isNormed && 'q and k normed',
    inner &&
      `softmax(q·kᵀ)·v ${inner.details.form === 'decomposed' ? writtenAs(inner.nodes.length) : `by ${inner.details.form}`}`,
  ]
}

const describeNorm = ({ nodes, details }: InspectedPart): Words => [
  details.form === 'decomposed' || nodes.length > 1 ? writtenAs(nodes.length) : `by ${details.form}`,
  details.epsilon !== undefined && `ε ${Number(Number(details.epsilon).toPrecision(3)).toExponential()}`,
]

const writtenAs = (nodes: number) => (nodes === 1 ? 'one node each' : `written as ${nodes} nodes each`)

/** What is made of the tokens in the end. */
function ending(of: PartsOf): Fact[] {
  const pooling = of('pooling').map(({ details }) => poolings[String(details.form)] ?? String(details.form))
  const heads = of('head').map(({ details, parts }) => {
    const products = allParts(parts).filter(({ kind }) => kind === 'linear')
    const widths = products.map(({ details }, i) =>
      i === 0 ? `${details.inFeatures} → ${details.outFeatures}` : details.outFeatures,
    )
    return `Linear ${widths.length > 0 ? widths.join(' → ') : details.classes}`
  })
  const text = [...new Set([...pooling, ...heads])].join(', ')
  return text ? [['head', text]] : []
}

const poolings: Readonly<Record<string, string>> = {
  token: 'reads the class token',
  avg: 'mean over tokens',
  map: 'attention pooling',
}

/** What `vitrine optimize` does better than the file, where there is something. */
function improvements(of: PartsOf): Fact[] {
  const isDecomposed = ({ details }: InspectedPart) => details.form === 'decomposed'
  const fusible = [
    of('layerNorm').some(isDecomposed) && 'LayerNorm',
    of('gelu').some((part) => isDecomposed(part) && part.details.approximate !== 'quick') && 'GELU',
  ].filter(Boolean)
  if (fusible.length === 0) return []
  return [
    ['better', `vitrine optimize makes one node of each ${fusible.join(' and each ')}; --ops counts what it leaves`],
  ]
}

type Words = readonly (string | number | boolean | undefined)[]

const listed = (words: Words): string => words.filter(Boolean).join(', ')

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}
