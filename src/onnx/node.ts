import type { AttributeProto, GraphProto, SparseTensorProto, TensorProto, TypeProto } from 'onnx-buf'
import { oneLine } from '../errors.js'
import type { Dim, Shape } from './dim.js'
import type { Graph } from './graph.js'
import { type DType, elementCount, type Numbers, type Tensor, type TypedArray, tensor } from './tensor.js'

/** The kinds of attributes that ONNX knows, and how their values are held here. */
interface AttributeValues {
  int: number
  float: number
  string: string
  tensor: Tensor
  ints: readonly number[]
  floats: readonly number[]
  strings: readonly string[]
  graph: Subgraph
  /** Any other kind, as in the file. */
  proto: AttributeProto
}

/** What a node such as If runs inside itself. */
export interface Subgraph {
  /** As in the file; it is what is written again. */
  proto: GraphProto
  /** The same with inferred shapes, to look at. */
  graph: Graph
  /** The names, in `proto`, of values that it takes from the graphs around it. They are the node's last inputs. */
  captured: readonly string[]
}

/** A node's attribute, tagged with its kind: 1 and 1.0 are different attributes in ONNX. */
export type Attribute = { [K in keyof AttributeValues]: { kind: K; value: AttributeValues[K] } }[keyof AttributeValues]

export type Attributes = Record<string, Attribute>

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const string = (value: string): Attribute => ({ kind: 'string', value })

/** What is known of a value before it is computed. */
export interface TensorType {
  dtype: DType
  shape: Shape
  /**
   * The elements themselves, where the graph alone tells them: small tensors that describe shapes.
   * They make shapes behind `Shape`, `Gather`, `Concat` … `Reshape` known.
   */
  content?: readonly Dim[] | undefined
}

/** What a file says that a value is. */
export type DeclaredType = TensorType | TypeProto

/** The most elements that are taken for a description of a shape. */
export const largestContent = 64

/** The elements of a constant that may describe a shape: a few integers. Floats are numbers to compute with, or weights. */
export function contentOf(constant: Tensor): readonly number[] | undefined {
  const { dtype, shape } = constant
  const integers = dtype === 'int64' || dtype === 'int32' || dtype === 'bool'
  if (!integers || elementCount(shape) > largestContent) return undefined
  return Array.from(constant.data as ArrayLike<number | bigint>, Number)
}

/** An edge of the graph: an input, an initializer, or what a node computes. */
export class Value {
  constructor(
    readonly graph: Graph,
    public name: string,
    readonly type: TensorType | undefined,
    /** The node that computes this value; none for inputs and initializers. */
    readonly producer?: Node,
    /** The numbers of a constant, an initializer or what a Constant node gives: the caller's memory, not a copy. */
    readonly numbers?: Numbers,
    /** As in the file: a constant that is no array of numbers, or the type of a value that is no tensor. */
    readonly asInFile?: TensorProto | SparseTensorProto | TypeProto,
  ) {}

  /** Whether it is part of the graph, as initializers and what Constant nodes give are. Reads nothing. */
  get isConstant(): boolean {
    return (
      this.numbers !== undefined || /Tensor/.test(this.asInFile?.$typeName ?? '') || this.producer?.op === 'Constant'
    )
  }

  /** The numbers of a constant. Large ones of a file are read anew at each use: keep them while they are needed. */
  get data(): TypedArray | undefined {
    return typeof this.numbers === 'function' ? this.numbers() : this.numbers
  }

  /** The numbers of a constant from `start` to before `end`. Of those that lie in a file, no others are read. */
  slice(start: number, end: number): TypedArray | undefined {
    return typeof this.numbers === 'function' ? this.numbers(start, end) : this.numbers?.subarray(start, end)
  }

  /** Whether type and shape are known; they are not behind an operator that Vitrine does not know. */
  get isTyped(): boolean {
    return this.type !== undefined
  }

  /** What is known of it but for its elements, to be told when it is copied. */
  get declared(): DeclaredType | undefined {
    if (this.type) return { dtype: this.type.dtype, shape: this.type.shape }
    return this.asInFile?.$typeName === 'onnx.TypeProto' ? this.asInFile : undefined
  }

  get dtype(): DType {
    return this.known().dtype
  }

  get shape(): Shape {
    return this.known().shape
  }

  get rank(): number {
    return this.shape.length
  }

  /** The elements, where the graph alone tells them (see `TensorType.content`). */
  get content(): readonly Dim[] | undefined {
    return this.type?.content ?? (this.numbers && this.isTyped ? contentOf(this as Tensor) : undefined)
  }

  private known(): TensorType {
    if (!this.type)
      throw new Error(`the shape of ${this.name} is not known: it comes from an operator without shape inference`)
    return this.type
  }
}

/** A node lacks what its operator asks for, or has something else there: its file is broken. */
export class NodeError extends Error {
  override name = 'NodeError'

  constructor(
    node: Node,
    readonly problem: string,
  ) {
    super(oneLine(`node ${node.name || node.op}: ${problem}`))
  }
}

/** Something that decides about shapes is only computed at run time. */
export class ComputedError extends Error {
  override name = 'ComputedError'
}

/** One operation of the graph. */
export class Node {
  readonly outputs: (Value | undefined)[] = []

  constructor(
    readonly graph: Graph,
    readonly op: string,
    readonly name: string,
    /** Its arguments, and behind them the values that its subgraphs take from around them (see `Subgraph`). */
    readonly inputs: readonly (Value | undefined)[],
    readonly attributes: Attributes,
    /** '' is the default ONNX domain. */
    readonly domain = '',
  ) {}

  get subgraphs(): Subgraph[] {
    return Object.values(this.attributes).flatMap(({ kind, value }) => (kind === 'graph' ? [value] : []))
  }

  /** The inputs without those that only subgraphs use. */
  get args(): readonly (Value | undefined)[] {
    const captured = this.subgraphs.reduce((sum, subgraph) => sum + subgraph.captured.length, 0)
    return this.inputs.slice(0, this.inputs.length - captured)
  }

  /** An input that the operator cannot do without. */
  input(index: number): Value {
    const value = this.inputs[index]
    if (!value) throw new NodeError(this, `input ${index} is missing`)
    return value
  }

  /** The first output. */
  get output(): Value {
    return this.outputs[0]!
  }

  /** What a Constant node gives; none of any other, or where it is no tensor of numbers. */
  get constant(): Tensor | undefined {
    if (this.op !== 'Constant' || this.domain !== '') return undefined
    const [attribute] = Object.values(this.attributes)
    if (attribute?.kind === 'tensor') return attribute.value
    if (attribute?.kind === 'int') return tensor('int64', [attribute.value], [])
    if (attribute?.kind === 'float') return tensor('float32', [attribute.value], [])
    if (attribute?.kind === 'ints') return tensor('int64', attribute.value)
    if (attribute?.kind === 'floats') return tensor('float32', attribute.value)
    return undefined
  }

  int(name: string, fallback?: number): number {
    return this.attribute(name, 'int', fallback)
  }

  float(name: string, fallback?: number): number {
    return this.attribute(name, 'float', fallback)
  }

  string(name: string, fallback?: string): string {
    return this.attribute(name, 'string', fallback)
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return this.attribute(name, 'ints', fallback)
  }

  tensor(name: string): Tensor | undefined {
    const attribute = this.attributes[name]
    return attribute?.kind === 'tensor' ? attribute.value : undefined
  }

  /**
   * Integers that older opsets keep in an attribute and newer ones in an input, such as the axes of Squeeze.
   * @throws ComputedError where they are computed at run time
   */
  intsFrom(name: string, inputIndex: number): readonly number[] | undefined {
    if (this.attributes[name]) return this.ints(name)
    const value = this.inputs[inputIndex]
    if (!value) return undefined
    if (!value.content?.every((element) => typeof element === 'number'))
      throw new ComputedError(`${name} must be known in advance, but ${value.name} is computed`)
    return value.content as readonly number[]
  }

  private attribute<K extends keyof AttributeValues>(
    name: string,
    kind: K,
    fallback?: AttributeValues[K],
  ): AttributeValues[K] {
    const attribute = this.attributes[name]
    if (attribute?.kind === kind) return attribute.value as AttributeValues[K]
    if (attribute) throw new NodeError(this, `attribute ${name} is of kind ${attribute.kind}, not ${kind}`)
    if (fallback === undefined) throw new NodeError(this, `attribute ${name} is missing`)
    return fallback
  }
}
