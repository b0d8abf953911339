import { type Dim, formatShape, isStatic, type Shape, unknownDim } from './dim.js'
import { type Attributes, ComputedError, type DeclaredType, Node, NodeError, type TensorType, Value } from './node.js'
import { refine } from './refine-type.js'
import { schemaOf } from './schemas.js'
import { arrayLength, type DType, elementCount, holdsNumbers, type Numbers, type Tensor, tensor } from './tensor.js'

export interface GraphOptions {
  /** The version of the default ONNX domain, 11 to 22. 20 has Gelu and LayerNormalization as single operators. */
  opset?: number
  name?: string
  /** In a training graph, dropout and drop path take part, driven by the graph's `seed` input. */
  training?: boolean
  /**
   * For the graph of a file from elsewhere: what does not fit is noted here, and the node kept with the types that the
   * file declares. Without it, `append` throws.
   */
  notes?: string[]
}

/** Where and why an operator could not be emitted. */
export class GraphError extends Error {
  override name = 'GraphError'
}

/**
 * An ONNX graph under construction. Nodes are appended in the order of computation, each checked and given its output
 * shapes at once.
 */
export class Graph {
  readonly opset: number
  readonly name: string
  readonly training: boolean
  readonly notes: string[] | undefined
  readonly inputs: Value[] = []
  readonly outputs: Value[] = []
  readonly nodes: Node[] = []
  readonly initializers = new Map<string, Value>()
  /** Free text that travels in the file, such as labels and preprocessing. */
  readonly metadata = new Map<string, string>()
  /** Versions of other operator domains than the default one, which a file may bring along. */
  readonly domains = new Map<string, number>()
  private scopes: string[] = []
  private readonly names = new Set<string>()
  /** Names that nodes and values will have which are yet to come: none is made up that is among them. */
  avoided: ReadonlySet<string> | undefined
  private readonly scalars = new Map<string, Value>()
  private unknownDims = 0

  constructor({ opset = 20, name = 'vitrine', training = false, notes }: GraphOptions = {}) {
    this.opset = opset
    this.name = name
    this.training = training
    this.notes = notes
  }

  /** What to make a graph of the same kind with; it gets notes of its own. */
  get options(): GraphOptions {
    const { opset, name, training, notes } = this
    return { opset, name, training, ...(notes && { notes: [] }) }
  }

  /** Declares an input; symbols in its shape are bound at run time. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = new Value(this, this.claim(name), { dtype, shape })
    this.inputs.push(value)
    return value
  }

  /** Declares an output and gives the value its name. */
  output(name: string, value: Value): Value {
    const mayBeNamed = value.producer !== undefined || value.name === name
    const named = mayBeNamed && !this.outputs.includes(value) ? value : this.emit('Identity', [value])[0]!
    if (named.name !== name) {
      this.claim(name)
      named.name = name
    }
    this.outputs.push(named)
    return named
  }

  /** A constant tensor that points at the caller's memory. Asking again for a name gives the same value. */
  initializer(name: string, dtype: DType, shape: readonly number[], numbers: Numbers): Value {
    const existing = this.initializers.get(name)
    if (existing) {
      if (existing.numbers !== numbers) throw new GraphError(`two different initializers are called ${name}`)
      return existing
    }
    if (typeof numbers !== 'function' && numbers.length !== arrayLength(dtype, elementCount(shape)))
      throw new GraphError(`initializer ${name} has ${numbers.length} elements, but its shape is ${formatShape(shape)}`)
    const value = new Value(this, this.claim(name), { dtype, shape }, undefined, numbers)
    this.initializers.set(name, value)
    return value
  }

  /** An input like one of another graph, also where it is no tensor. */
  inputLike(original: Value, shape?: Shape): Value {
    if (original.isTyped) return this.input(original.name, original.dtype, shape ?? original.shape)
    const value = new Value(this, this.claim(original.name), undefined, undefined, undefined, original.asInFile)
    this.inputs.push(value)
    return value
  }

  /** An initializer like one of another graph, whose content is shared, not read. */
  initializerLike(original: Value, name = original.name): Value {
    const { numbers, asInFile, type } = original
    if (numbers) return this.initializer(name, original.dtype, original.shape as number[], numbers)
    const existing = this.initializers.get(name)
    if (existing?.asInFile === asInFile && existing) return existing
    const value = new Value(this, this.claim(name), type, undefined, undefined, asInFile)
    this.initializers.set(name, value)
    return value
  }

  /**
   * The initializer of a float32 weight. `data` is what draws or loads its numbers, so that a graph which only wants
   * shapes can do without them.
   */
  parameter(name: string, shape: readonly number[], data: () => Float32Array): Value {
    return this.initializer(name, 'float32', shape, data())
  }

  /** A small constant from plain numbers: a scalar, or a vector where an array is given. Equal ones are shared. */
  constant(dtype: DType, values: number | readonly number[]): Value {
    const list = typeof values === 'number' ? [values] : values
    const key = `${dtype} ${typeof values} ${list.join()}`
    let value = this.scalars.get(key)
    if (!value) {
      const { data } = tensor(dtype, list)
      const name = this.unique(list.length > 4 ? 'const' : `const_${list.join('_')}`)
      value = this.initializer(name, dtype, typeof values === 'number' ? [] : [list.length], data)
      this.scalars.set(key, value)
    }
    return value
  }

  /** Emits everything that `body` emits under a name, as in `/encoder/layers.3/attn`. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.scopes
    this.scopes = [...outer, name]
    try {
      return body()
    } finally {
      this.scopes = outer
    }
  }

  /**
   * Appends a node of the default domain and returns its first `outputs` outputs.
   * @throws GraphError which names the operator, its scope and the shapes of its inputs
   */
  emit(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, outputs = 1): Value[] {
    const name = this.unique(`/${[...this.scopes, op].join('/')}`)
    const names = Array.from({ length: outputs }, (_, i) => this.unique(`${name}_output_${i}`))
    const node = new Node(this, op, name, inputs, attributes)
    return this.add(node, names, this.infer(node, outputs)) as Value[]
  }

  /**
   * Appends a ready node, whose outputs get the given names ('' leaves an optional output out).
   * `declared` gives types where the operator has no shape inference.
   * @throws GraphError where its arguments do not fit, unless the graph has `notes` for that
   */
  append(
    node: Node,
    outputNames: readonly string[],
    declared: readonly (DeclaredType | undefined)[] = [],
  ): (Value | undefined)[] {
    const inferred = this.inferOrNote(node, outputNames.length)
    const types = outputNames.map((name, i) => {
      const [found, told] = [inferred?.[i], declared[i]]
      return this.notes && found && told ? refine(found, told, name, this.notes) : (found ?? told)
    })
    return this.add(node, outputNames, types)
  }

  /** Every node comes in here, with the types of its outputs. */
  protected add(node: Node, outputNames: readonly string[], types: readonly (DeclaredType | undefined)[] = []) {
    this.nodes.push(node)
    this.names.add(node.name)
    const { constant } = node
    const numbers = constant && (() => constant.data)
    for (const [i, name] of outputNames.entries()) {
      if (name) this.names.add(name)
      const type = types[i]
      const [known, asInFile] = type && '$typeName' in type ? [undefined, type] : [type, undefined]
      node.outputs.push(name ? new Value(this, name, known, node, numbers, asInFile) : undefined)
    }
    return node.outputs
  }

  private inferOrNote(node: Node, outputCount: number): readonly (TensorType | undefined)[] | undefined {
    try {
      return this.infer(node, outputCount)
    } catch (error) {
      if (!this.notes) throw error
      this.notes.push((error as Error).message)
      return undefined
    }
  }

  /** Asks a node for an optional output that it does not give yet, such as the mean of LayerNormalization. */
  extraOutput(node: Node, index: number): Value {
    while (node.outputs.length < index) node.outputs.push(undefined)
    if (!node.outputs[index]) {
      const name = this.claim(this.unique(`${node.name || node.op}_output_${index}`))
      node.outputs[index] = new Value(this, name, this.infer(node, index + 1)?.[index], node)
    }
    return node.outputs[index]!
  }

  /** What a node not yet appended would compute, where the graph alone tells it. */
  fold(node: Node): Tensor | undefined {
    const type = this.notes ? this.inferQuietly(node) : this.infer(node, 1)?.[0]
    if (!type?.content?.every(isExact) || !isStatic(type.shape) || !holdsNumbers(type.dtype)) return undefined
    return tensor(type.dtype, type.content, type.shape)
  }

  /** Where a node does not fit, that is noted once it is appended. */
  private inferQuietly(node: Node): TensorType | undefined {
    try {
      return this.infer(node, 1)?.[0]
    } catch {
      return undefined
    }
  }

  /** A symbol for a size that is only known at run time. */
  unknownDim(): string {
    this.unknownDims++
    return unknownDim(this.unknownDims)
  }

  private infer(node: Node, outputCount: number): readonly (TensorType | undefined)[] | undefined {
    const schema = schemaOf(node.domain, node.op)
    if (!schema || node.args.some((input) => input && !input.isTyped)) return undefined
    try {
      const result = schema(node, outputCount)
      const types: readonly (TensorType | undefined)[] | undefined =
        result && (Array.isArray(result) ? result : [result])
      return types?.map((type) => type && checkType(type))
    } catch (error) {
      if (error instanceof ComputedError) return undefined
      const shapes = node.inputs
        .map((input) => (input ? `${input.dtype}${formatShape(input.shape)}` : 'none'))
        .join(', ')
      throw new GraphError(
        `${node.name || node.op}: ${problemOf(error)}; the inputs of ${node.op} are ${shapes || 'none'}`,
      )
    }
  }

  private claim(name: string): string {
    if (this.names.has(name)) throw new GraphError(`the graph already has a value called ${name}`)
    this.names.add(name)
    return name
  }

  /** A name that is not taken. */
  private unique(base: string): string {
    let name = base
    for (let i = 1; this.names.has(name) || this.avoided?.has(name); i++) name = `${base}_${i}`
    return name
  }
}

/** False for symbols, and for the largest int64, which some exporters write for "to the end". */
const isExact = (element: Dim): element is number =>
  typeof element === 'number' && Math.abs(element) <= Number.MAX_SAFE_INTEGER

/** A schema that trips over inputs, of another rank than any it knows say, has not looked for all that can be wrong. */
function problemOf(error: unknown): string {
  if (error instanceof TypeError) return 'it does not take such inputs'
  return error instanceof NodeError ? error.problem : (error as Error).message
}

/** A last check of what the arguments of a node from a damaged file may add up to. */
function checkType(type: TensorType): TensorType {
  const { shape, content } = type
  if (!shape.every((dim) => typeof dim === 'string' || (Number.isSafeInteger(dim) && dim >= 0)))
    throw new Error(`its arguments add up to the impossible shape ${formatShape(shape)}`)
  // Contents are computed for vectors; of what broadcasts to more axes they tell too little.
  return content && isStatic(shape) && content.length !== elementCount(shape) ? { ...type, content: undefined } : type
}
