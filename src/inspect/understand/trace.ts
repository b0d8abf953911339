import type { Node, Value } from '../../onnx/index.js'
import { type Wiring, withoutFactor } from '../patterns/index.js'
import type { Draft, Forest } from './forest.js'

/** Operators that move elements, or hold them in another type, and compute nothing. */
export const layoutOps: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Split',
  'Slice',
  'Gather',
  'Concat',
  'Expand',
  'Tile',
  'Identity',
  'Cast',
  'Dropout',
  'CastLike',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'Pad',
  'DepthToSpace',
  'SpaceToDepth',
])

/** Operators that give all of a value in another layout. */
export const arrangements: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Identity',
  'Dropout',
])

/** The value behind changes of its layout. */
export function rearrangedFrom(value: Value): Value {
  const node = value.producer
  return node && arrangements.has(node.op) ? rearrangedFrom(node.input(0)) : value
}

const isLayout = (node: Node) => node.domain === '' && layoutOps.has(node.op)

/** Quantized values come with the scale and zero point that they mean something with. */
const isOneResult = ({ op, outputs }: Node) => outputs.length === 1 || op === 'DynamicQuantizeLinear'

/** Where a value comes from, when nodes that only move elements are passed. */
export interface Origin {
  value: Value
  /** The part that computes it, if there is one. */
  part: Draft | undefined
  /** Parts that were passed, such as norms. */
  passed: Draft[]
  /** The product of the numbers it was multiplied by on the way. */
  scale: number
  /** The nodes that were passed. */
  path: Node[]
}

/** Walks back through layout, multiplications by numbers, and parts that `passes` lets through. */
export function traceBack(forest: Forest, from: Value, passes: (part: Draft) => boolean = () => false): Origin {
  const { wiring } = forest
  const passed: Draft[] = []
  const path: Node[] = []
  let scale = 1
  let value = from
  for (;;) {
    const node = value.producer
    const part = forest.partOf(node)
    const origin = { value, part, passed, scale, path }
    if (!node || !wiring.isData(value) || (part && !passes(part))) return origin
    if (part) {
      passed.push(part)
      path.push(...part.nodes)
      value = part.inputs![0]!
      continue
    }
    const scaled = node.op === 'Mul' || node.op === 'Div' ? withoutFactor(wiring, node) : undefined
    const data = node.inputs.filter((input) => wiring.isData(input))
    if (scaled) {
      scale *= scaled.factor
      value = scaled.value
    } else if (isLayout(node) && (data.length === 1 || rolledFrom(node))) value = rolledFrom(node) ?? data[0]!
    else return origin
    path.push(node)
  }
}

/** The value whose first rows or columns a Concat puts last: windows are shifted so. */
function rolledFrom({ op, inputs }: Node): Value | undefined {
  const pieces = inputs.map((input) => (input?.producer?.op === 'Slice' ? input.producer.inputs[0] : undefined))
  return op === 'Concat' && pieces.length === 2 && pieces[0] === pieces[1] ? pieces[0] : undefined
}

/** What uses a value next, when nodes that only move elements are passed; undefined where it is not one thing alone. */
export function traceForward(
  forest: Forest,
  from: Value,
): { value: Value; node: Node; part: Draft | undefined } | undefined {
  const { wiring } = forest
  let value = from
  for (;;) {
    const consumers = wiring.dataConsumers(value)
    const node = consumers[0]
    if (!node || wiring.isResult(value)) return undefined
    const part = forest.partOf(node)
    const rolled = rolledAfter(forest, value)
    if (rolled) {
      value = rolled
      continue
    }
    if (consumers.some((consumer) => (forest.partOf(consumer) ?? consumer) !== (part ?? node))) return undefined
    if (part || !isLayout(node) || !isOneResult(node)) return { value, node, part }
    if (node.inputs.filter((input) => wiring.isData(input)).length !== 1) return { value, node, part }
    value = node.output
  }
}

/** The value whose first rows or columns were put last, where nothing else is done with it. */
export function rolledAfter({ wiring }: Forest, value: Value): Value | undefined {
  const slices = wiring.dataConsumers(value)
  const [concat, ...others] = new Set(slices.flatMap(({ output }) => wiring.dataConsumers(output)))
  return slices.length === 2 && concat && others.length === 0 && rolledFrom(concat) === value
    ? concat.output
    : undefined
}

/**
 * The nodes that compute `output` from `input`, and whatever else is needed that was not there before `input`: masks,
 * for example. Nodes that only compute sizes are left out.
 */
export function regionBetween(wiring: Wiring, inputs: readonly Value[], outputs: readonly Value[]): Set<Node> {
  const stops = new Set(inputs)
  const floor = Math.min(...inputs.map(({ producer }) => wiring.position(producer)), inputs.length ? Infinity : -1)
  const nodes = new Set<Node>()
  const visit = (value: Value | undefined) => {
    if (!wiring.isData(value) || stops.has(value) || !value.producer) return
    if (wiring.position(value.producer) > floor) nodes.add(value.producer)
  }
  for (const output of outputs) visit(output)
  for (const node of nodes) for (const input of node.inputs) visit(input)
  return nodes
}
