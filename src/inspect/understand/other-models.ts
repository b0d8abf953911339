import type { Graph, Node } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { countParts, everyPart } from './counts.js'
import { numberOf } from './layer-traits.js'
import { count } from './sentence.js'
import type { Understanding } from './understanding.js'

type Said = Pick<Understanding, 'kind' | 'sentence'>

/** What a graph is that is no Vision Transformer, by what it consists of. */
export function otherThanViT(graph: Graph, stages: readonly Part[]): Said {
  const counts = countParts(stages)
  const quantised = graph.nodes.find(isQuantised)
  if (quantised)
    return {
      kind: 'other',
      sentence: `A quantised model (${quantised.op} and others), whose layers Vitrine does not recognise in this form.`,
    }
  if (counts.scaledDotProduct > 0) return transformer(graph, stages)
  const convolutions = graph.nodes.filter(isConvolution)
  const products = count(counts.linear, 'linear product')
  if (graph.nodes.some(({ op }) => recurrent.has(op)))
    return { kind: 'other', sentence: `A recurrent network with ${products}, and no attention was found in it.` }
  const softmaxes = graph.nodes.filter(({ op }) => op === 'Softmax').length
  if (softmaxes < 2 && isMixer(graph, stages))
    return {
      kind: 'mixer',
      sentence: `An MLP-Mixer: patches of a picture, ${count(counts.mlp, 'MLP')} over tokens and features in turn, and no attention.`,
    }
  if (convolutions.length > 0 && softmaxes < 2)
    return {
      kind: 'cnn',
      sentence: `A convolutional network: ${count(convolutions.length, 'convolution')}, ${products}, and no attention.`,
    }
  return {
    kind: 'other',
    sentence: `No model that Vitrine knows: ${count(graph.nodes.length, 'node')} with ${products}, in which no attention was found.`,
  }
}

/** Operators on integers in place of real numbers. */
const isQuantised = ({ op }: Node) =>
  /^(QLinear|Qlinear|DynamicQuantize|MatMulInteger|ConvInteger|QAttention|MatMulNBits)/.test(op)

const recurrent: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN'])

const isConvolution = ({ op }: Node) => op === 'Conv' || op === 'ConvTranspose' || op === 'FusedConv'

/** Convolutions that look beyond their stride: unlike those that cut a picture into patches, or mix channels alone. */
function spatialConvolutions(graph: Graph): Node[] {
  return graph.nodes.filter((node) => {
    const weight = node.inputs[1]
    if (!isConvolution(node) || !weight?.isTyped) return false
    const strides = node.attributes.strides ? node.ints('strides') : []
    return weight.shape.slice(2).some((size, i) => Number(size) > (strides[i] ?? 1))
  })
}

/** Inputs of whole numbers: of words in a text, as a rule. */
export const tokenInputs = (graph: Graph) =>
  graph.inputs.filter((input) => input.isTyped && /^int(32|64)$/.test(input.dtype) && input.rank > 0)

const pictureInputs = (graph: Graph) =>
  graph.inputs.filter((input) => input.isTyped && /float|^uint8$/.test(input.dtype) && input.rank === 4)

function transformer(graph: Graph, stages: readonly Part[]): Said {
  const pictures = pictureInputs(graph).length > 0
  const counts = countParts(stages)
  const spatial = spatialConvolutions(graph)
  const attentions = count(counts.scaledDotProduct, 'attention')
  if (tokenInputs(graph).length > 0) {
    const over = pictures ? 'pictures and token ids' : 'token ids, as of a text'
    return { kind: 'transformer', sentence: `A transformer over ${over}: ${attentions}${writing(graph)}.` }
  }
  const details = `${attentions}${extent(stages)}`
  const convolutions = graph.nodes.filter(isConvolution)
  if (spatial.length > 0 && convolutions.length > 1)
    return {
      kind: 'hybrid',
      sentence: `A hybrid of convolutions and attention: ${count(convolutions.length, 'convolution')} and ${details}.`,
    }
  const because = [
    ...spatial.map(({ name }) => `its patches overlap (node ${name})`),
    ...(counts.encoderLayer === 0
      ? ['no block was recognised as attention and then an MLP, each added to what went in']
      : []),
  ]
  const over = pictures ? 'A transformer over pictures, but no plain ViT' : 'A transformer'
  return { kind: 'transformer', sentence: `${over}: ${[...because, details].join(', ')}.` }
}

/** Says so where an output has a score for every row of the table that token ids are looked up in. */
function writing(graph: Graph): string {
  const tables = graph.nodes.filter(({ op, inputs }) => op === 'Gather' && inputs[0]?.isConstant)
  const rows = tables.flatMap(({ inputs }) => (inputs[0]?.isTyped ? inputs[0].shape.slice(0, 1) : []))
  const scores = graph.outputs.flatMap((output) => (output.isTyped && output.rank === 3 ? output.shape.slice(-1) : []))
  const vocabulary = scores.find((size) => rows.includes(size))
  return vocabulary === undefined
    ? ''
    : `, and a score for each of ${vocabulary} tokens at every place, as for writing text`
}

/** The widths of its attentions, where these vary, and how many tokens look at each other. */
function extent(stages: readonly Part[]): string {
  const attentions = [...everyPart(stages)].filter(({ kind }) => kind === 'attention')
  const widths = [...new Set(attentions.flatMap((part) => numberOf(part, 'dim') ?? []))]
  const tokens = [...new Set([...everyPart(stages)].flatMap((part) => attendedTokens(part) ?? []))]
  const among = attentions.some(({ details }) => details.windows) ? 'within windows of' : 'among'
  return [
    widths.length > 1 ? ` in widths ${widths.join(', ')}` : '',
    tokens.length > 0 ? ` ${among} ${tokens.join(' or ')} tokens at a time` : '',
  ].join('')
}

/** How many tokens a scaled dot product has queries for, where that is known. */
function attendedTokens({ kind, inputs }: Part): number | undefined {
  const query = kind === 'scaledDotProduct' ? inputs[0] : undefined
  const size = query?.isTyped ? query.shape.at(-2) : undefined
  return typeof size === 'number' ? size : undefined
}

/** Tolstikhin et al., 2021: MLPs over features and, tokens transposed, over tokens. */
function isMixer(graph: Graph, stages: readonly Part[]): boolean {
  const mlps = [...everyPart(stages)].filter(({ kind }) => kind === 'mlp')
  const transposes = graph.nodes.filter(({ op }) => op === 'Transpose').length
  const widths = new Set(mlps.map((part) => numberOf(part, 'dim')))
  const hasPatches = graph.nodes.some(isConvolution) && spatialConvolutions(graph).length === 0
  return hasPatches && mlps.length >= 2 && widths.size === 2 && transposes >= mlps.length / 2
}
