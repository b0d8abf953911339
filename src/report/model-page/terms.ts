import type { Part } from '../../inspect/part.js'
import { numberAt } from '../../inspect/patterns/index.js'
import { elementCount, type Node, type Value } from '../../onnx/index.js'

/** Which term of a part's formula its nodes and inner parts compute. What computes none is left out. */
export function termsOf(part: Part): Map<Node | Part, string> {
  const terms = new Map<Node | Part, string>()
  const ofNode = nodeTerms[part.kind]
  if (ofNode) for (const node of part.nodes) set(terms, node, ofNode(node, part))
  const counts = new Map<string, number>()
  for (const inner of part.parts) {
    const seen = counts.get(inner.kind) ?? 0
    counts.set(inner.kind, seen + 1)
    set(terms, inner, partTerms[part.kind]?.(inner, seen))
  }
  return terms
}

const set = <K>(terms: Map<K, string>, key: K, term: string | undefined) => term && terms.set(key, term)

/** The term that an inner part computes, of which `seen` of its kind came before. */
const partTerms: Partial<Record<Part['kind'], (inner: Part, seen: number) => string | undefined>> = {
  encoderLayer: ({ kind }, seen) => {
    if (kind === 'layerNorm' || kind === 'rmsNorm') return `norm${seen + 1}`
    if (kind === 'residual') return `sum${seen + 1}`
    return kind === 'attention' ? kind : kind === 'mlp' || kind === 'swiGlu' ? 'mlp' : undefined
  },
  attention: ({ kind, name }) => (kind === 'scaledDotProduct' ? 'dot' : kind === 'linear' ? lastWord(name) : undefined),
  mlp: ({ kind }, seen) => (kind === 'linear' ? `fc${seen + 1}` : 'activation'),
}

const lastWord = (name: string) => name.split('.').at(-1)

/** The term that a node computes, by its operator and by the constants that it uses. */
const nodeTerms: Partial<Record<Part['kind'], (node: Node, part: Part) => string | undefined>> = {
  layerNorm: normTerm,
  rmsNorm: normTerm,
  gelu: geluTerm,
  silu: ({ op }) => ({ Sigmoid: 'sigmoid', Mul: 'product' })[op],
  scaledDotProduct: dotTerm,
  linear: ({ op }) => ({ MatMul: 'product', Gemm: 'product', Add: 'bias' })[op],
  residual: ({ op }) => (op === 'Add' ? 'sum' : undefined),
}

function normTerm(node: Node, { inputs }: Part): string | undefined {
  switch (node.op) {
    case 'ReduceMean':
      return inputs.includes(node.input(0)) ? 'mean' : 'variance'
    case 'Sub':
      return 'centre'
    case 'Pow':
      return 'square'
    case 'Sqrt':
      return 'root'
    case 'Div':
    case 'Reciprocal':
      return 'divide'
    case 'Mul':
      if (node.inputs[0] === node.inputs[1]) return 'square'
      return node.inputs.some(isVector) ? 'weight' : 'divide'
    case 'Add':
      return node.inputs.some(isVector) ? 'bias' : 'epsilon'
    default:
      return undefined
  }
}

function geluTerm(node: Node, { details }: Part): string | undefined {
  const isTanh = details.approximate === 'tanh'
  const number = node.inputs.map(scalarOf).find((value) => value !== undefined)
  switch (node.op) {
    case 'Erf':
      return 'erf'
    case 'Tanh':
      return 'tanh'
    case 'Sigmoid':
      return 'sigmoid'
    case 'Pow':
      return 'cube'
    case 'Div':
      return 'scaled'
    case 'Add':
      return number === undefined ? 'cubic' : 'plusOne'
    case 'Mul':
      if (number === undefined) return isTanh && node.inputs[0] === node.inputs[1] ? 'cube' : 'product'
      if (isNear(number, 0.5)) return 'half'
      return isNear(number, 0.044715) ? 'cubicFactor' : 'scaled'
    default:
      return undefined
  }
}

function dotTerm(node: Node, { nodes }: Part): string | undefined {
  switch (node.op) {
    case 'MatMul':
      return node === nodes.find(({ op }) => op === 'MatMul') ? 'scores' : 'values'
    case 'Mul':
    case 'Div':
      return 'scale'
    case 'Add':
      return 'mask'
    case 'Softmax':
      return 'softmax'
    case 'Transpose':
      return nodes.find(({ op }) => op === 'MatMul')?.inputs[1]?.producer === node ? 'transpose' : undefined
    default:
      return undefined
  }
}

const isNear = (number: number, expected: number) => Math.abs(number - expected) < 1e-3

const isVector = (value: Value | undefined) =>
  value?.isConstant === true && value.isTyped && value.rank > 0 && elementCount(value.shape as number[]) > 1

/** The number that a constant of one element holds. */
function scalarOf(value: Value | undefined): number | undefined {
  if (!value?.isConstant || !value.isTyped || elementCount(value.shape as number[]) !== 1) return undefined
  const data = value.slice(0, 1)
  return data && numberAt(value.dtype, data, 0)
}
