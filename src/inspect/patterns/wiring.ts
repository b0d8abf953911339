import { elementCount, type Graph, type Node, type Shape, type Value } from '../../onnx/index.js'
import { numberAt } from './numbers.js'

/** Nodes that hand their first input on: after training, dropout does so too. */
const transparent: ReadonlySet<string> = new Set(['Identity', 'Dropout'])

/** Casts to a type that an attribute names, or that another value has. */
const casts: ReadonlySet<string> = new Set(['Cast', 'CastLike'])

/** Nodes that give a constant's elements in the same order, perhaps under another shape or type. */
const sameElements: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'CastLike',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Flatten',
  'DequantizeLinear',
])

/** Above this, a constant is data that a shape was applied to, and no size. */
const mostSizes = 64

/** A graph and what every pattern asks about it: who uses a value, and what is constant, a size, or data. */
export class Wiring {
  private readonly positions = new Map<Node, number>()
  private readonly users = new Map<Value, Node[]>()
  private readonly constants: Set<Value>
  private readonly constantNodes = new Set<Node>()
  private readonly sizeNodes = new Set<Node>()
  private readonly dependent = new Set<Value | undefined>()
  private readonly results: ReadonlySet<Value>
  private readonly needed = new Set<Node>()
  private readonly origins = new Map<Value, Value>()

  constructor(readonly graph: Graph) {
    this.constants = new Set(graph.initializers.values())
    this.results = new Set(graph.outputs)
    for (const input of graph.inputs) this.dependent.add(input)
    for (const [position, node] of graph.nodes.entries()) {
      this.positions.set(node, position)
      for (const input of new Set(node.inputs)) {
        if (!input) continue
        const users = this.users.get(input)
        if (users) users.push(node)
        else this.users.set(input, [node])
      }
      this.classify(node)
    }
    for (const { producer } of graph.outputs) if (producer) this.needed.add(producer)
    for (const node of this.needed)
      for (const input of node.inputs) if (input?.producer) this.needed.add(input.producer)
  }

  /** The node's place in the order of computation; -1 for no node. */
  position(node: Node | undefined): number {
    return node ? this.positions.get(node)! : -1
  }

  /** The nodes that use a value, sizes included. */
  consumers(value: Value): readonly Node[] {
    return this.users.get(value) ?? []
  }

  /** The nodes that compute with a value towards an output, and do not just ask for its shape. */
  dataConsumers(value: Value): readonly Node[] {
    return this.consumers(value).filter((node) => this.needed.has(node) && !this.sizeNodes.has(node))
  }

  /** Whether the value is an output of the graph. */
  isResult(value: Value): boolean {
    return this.results.has(value)
  }

  /** Whether the value is the same for every input of the graph. */
  isConstant(value: Value | undefined): value is Value {
    return value !== undefined && (this.constants.has(value) || this.isConstantNode(value.producer))
  }

  isConstantNode(node: Node | undefined): boolean {
    return node !== undefined && this.constantNodes.has(node)
  }

  /** Whether the node only computes with sizes: of shapes, and what follows from them and constants. */
  isSizeNode(node: Node | undefined): boolean {
    return node !== undefined && this.sizeNodes.has(node)
  }

  /** Whether the value is neither a constant nor a size. */
  isData(value: Value | undefined): value is Value {
    return value !== undefined && !this.isSizeNode(value.producer) && !this.isConstant(value)
  }

  /** Whether the value depends on what the graph is given: unlike a learned token that is repeated for every sample. */
  dependsOnInput(value: Value | undefined): boolean {
    return this.dependent.has(value)
  }

  /** The value behind Identity, Dropout, casts between float types, and quantization that is undone at once. */
  origin(value: Value): Value {
    return this.origins.get(value) ?? value
  }

  /** The node that computes a value, seen through `origin`, if it has one of these operators. */
  producer(value: Value | undefined, ...ops: readonly string[]): Node | undefined {
    if (!value) return undefined
    const node = this.origin(value).producer
    return node && isKnownDomain(node) && ops.includes(node.op) ? node : undefined
  }

  /** The two operands of a node, first the one that `isFirst` is true of. */
  pair(node: Node, isFirst: (value: Value) => boolean): [Value, Value] | undefined {
    const [a, b] = node.inputs
    if (!a || !b || node.inputs.length !== 2) return undefined
    return isFirst(a) ? [a, b] : isFirst(b) ? [b, a] : undefined
  }

  /** The operands of a commutative node: what is computed, and the constant. */
  withConstant(node: Node): { data: Value; constant: Value } | undefined {
    const pair = this.pair(node, (value) => this.isConstant(value))
    return pair && !this.isConstant(pair[1]) ? { constant: pair[0], data: pair[1] } : undefined
  }

  /**
   * The number that a value holds, where it is a single one and known in advance: a constant, or what follows from
   * known sizes, such as the √64 that exporters compute from the shape of the queries.
   */
  scalar(value: Value | undefined, depth = 0): number | undefined {
    if (!value || depth > 12) return undefined
    if (this.constants.has(value)) return countOf(value) === 1 ? numberAt(value.dtype, value.data!, 0) : undefined
    const { producer } = value
    if (producer?.domain !== '') return undefined
    if (producer.op === 'Constant') return scalarAttribute(producer)
    const { content } = value
    if (content?.length === 1) return typeof content[0] === 'number' ? content[0] : undefined
    if (!this.constantNodes.has(producer) && !this.sizeNodes.has(producer)) return undefined
    const evaluate = Object.hasOwn(scalarOps, producer.op) ? scalarOps[producer.op] : undefined
    if (!evaluate) return undefined
    const operands = producer.inputs.slice(0, evaluate.length).map((input) => this.scalar(input, depth + 1))
    return operands.every((operand) => operand !== undefined) ? evaluate(...(operands as number[])) : undefined
  }

  /** Where a constant's numbers are kept: an initializer, or the output of a Constant node; and whether they are turned. */
  constant(value: Value | undefined): { value: Value; transposed: boolean } | undefined {
    let transposed = false
    for (let current = value; current; current = current.producer?.inputs[0]) {
      if (this.constants.has(current) || current.producer?.op === 'Constant') return { value: current, transposed }
      if (!this.isConstant(current)) return undefined
      const { op } = current.producer!
      if (op === 'Transpose' && rankOf(current) === 2) transposed = !transposed
      // What was computed from constants, as by Concat, has no better place than the value itself.
      else if (!sameElements.has(op)) return { value: current, transposed }
    }
    return undefined
  }

  private classify(node: Node) {
    this.sort(node)
    this.pass(node)
    if (this.constantNodes.has(node) || this.sizeNodes.has(node)) return
    if (node.inputs.some((input) => this.dependent.has(input)))
      for (const output of node.outputs) if (output) this.dependent.add(output)
  }

  private pass(node: Node) {
    const [input] = node.inputs
    const [output] = node.outputs
    if (!input || !output || node.domain !== '') return
    if (transparent.has(node.op) || (casts.has(node.op) && isFloatCast(input, output)))
      this.origins.set(output, this.origin(input))
    const quantized = node.op === 'DequantizeLinear' ? input.producer : undefined
    if (quantized?.op === 'QuantizeLinear' && quantized.domain === '')
      this.origins.set(output, this.origin(quantized.input(0)))
  }

  private sort(node: Node) {
    const used = node.op === 'CastLike' ? node.inputs.slice(0, 1) : node.inputs
    const inputs = used.filter((input) => input !== undefined)
    if (node.op === 'Constant' || (inputs.length > 0 && inputs.every((input) => this.isConstant(input)))) {
      if (!node.op.startsWith('Random')) this.constantNodes.add(node)
    } else if (node.op === 'Slice' && this.isConstant(inputs[0]) && inputs.slice(1).every(isKnown)) {
      // A piece of a weight, from sizes that are known though they were computed.
      this.constantNodes.add(node)
    } else if (node.domain !== '') {
      return
    } else if (node.op === 'Shape' || node.op === 'Size') {
      this.sizeNodes.add(node)
    } else if (inputs.length > 0 && !makesData(node) && inputs.every((input) => this.isSizeLike(input))) {
      this.sizeNodes.add(node)
    }
  }

  private isSizeLike(value: Value): boolean {
    if (this.isSizeNode(value.producer)) return true
    if (!this.isConstant(value)) return false
    const count = countOf(value)
    return count !== undefined && count <= (isFloat(value) ? 1 : mostSizes)
  }
}

/** The default domain, and that of ONNX Runtime, which uses no name for another operator except for Attention. */
export const isKnownDomain = ({ domain }: Node): boolean => domain === '' || domain === 'com.microsoft'

/** A tensor of floats made from a shape is data, such as the zeros that a token is added to. */
const makesData = (node: Node) =>
  node.op.startsWith('Random') ||
  (node.op === 'ConstantOfShape' && (node.tensor('value')?.dtype ?? 'float32').includes('float'))

const isKnown = (value: Value) => value.content?.every((element) => typeof element === 'number') === true

const isFloat = (value: Value) => value.isTyped && value.dtype.includes('float')

/** A cast whose types are not known is taken to be one between floats: of integers there are few, and they are known. */
const isFloatCast = (from: Value | undefined, to: Value) =>
  from !== undefined && (!from.isTyped || isFloat(from)) && (!to.isTyped || isFloat(to))

/** The shape, where it is known. */
export const shapeOf = (value: Value | undefined): Shape | undefined => (value?.isTyped ? value.shape : undefined)

/** The number of axes, where it is known. */
export const rankOf = (value: Value | undefined): number | undefined => shapeOf(value)?.length

/** The size of an axis, where it is known; -1 is the last one. */
export function sizeOf(value: Value | undefined, axis: number): number | undefined {
  const size = shapeOf(value)?.at(axis)
  return typeof size === 'number' ? size : undefined
}

/** The number of elements, where it is known. */
export function countOf(value: Value | undefined): number | undefined {
  const shape = shapeOf(value)
  return shape?.every((size) => typeof size === 'number') ? elementCount(shape as number[]) : undefined
}

function scalarAttribute(node: Node): number | undefined {
  const { value, value_float, value_int } = node.attributes
  if (value?.kind === 'tensor')
    return elementCount(value.value.shape) === 1 ? numberAt(value.value.dtype, value.value.data, 0) : undefined
  if (value_float?.kind === 'float') return value_float.value
  return value_int?.kind === 'int' ? value_int.value : undefined
}

const same = (x: number) => x

const scalarOps: Readonly<Record<string, (...operands: number[]) => number>> = {
  Identity: same,
  Cast: same,
  CastLike: same,
  Unsqueeze: same,
  Squeeze: same,
  Reshape: same,
  Expand: same,
  Sqrt: (x: number) => Math.sqrt(x),
  Reciprocal: (x: number) => 1 / x,
  Neg: (x: number) => -x,
  Add: (x: number, y: number) => x + y,
  Sub: (x: number, y: number) => x - y,
  Mul: (x: number, y: number) => x * y,
  Div: (x: number, y: number) => x / y,
  Pow: (x: number, y: number) => x ** y,
  DequantizeLinear: (x: number, scale: number, zero: number | undefined) => (x - (zero ?? 0)) * scale,
}
