import { type Graph, type Node, ops, type Replacement, type Value } from '../../../onnx/index.js'

/**
 * Columns, slices of the last axis, that can be computed apart from each other since they come from a product with
 * constant weights: each from its own rows of the weights, which are taken as they lie in memory.
 */

/** Queries, keys and values, or whatever else is split from one product: a product each, which writes them but once. */
export function separateProducts(node: Node): Replacement | undefined {
  if (node.op !== 'Split' || node.int('axis', 0) !== node.input(0).rank - 1) return undefined
  const whole = node.input(0)
  const product = productBehind(whole)
  if (!product) return undefined
  return {
    inputs: [product.input(0)],
    emit([x]) {
      let end = 0
      return node.outputs.map((output) => {
        const start = end
        end += Number(output!.shape.at(-1))
        return emitColumns(whole, x!, start, end)
      })
    },
  }
}

/** Numbers so many bytes apart compete for the same few places in the first cache of most processors. */
const cachePeriod = 4096

/**
 * A product whose rows all begin at the same place of the cache and push each other out: in two halves, which are added,
 * they do not. So it is behind the 3072 hidden features of ViT-B.
 */
export function halvedProduct(node: Node): Replacement | undefined {
  if (!isConstantProduct(node)) return undefined
  const [hidden, weight, bias] = node.inputs
  const transB = isTransposed(node)
  const size = Number(weight!.shape[transB ? 1 : 0])
  if ((4 * size) % cachePeriod !== 0 || (2 * size) % cachePeriod === 0) return undefined
  const product = productBehind(hidden!)
  if (!product) return undefined
  return {
    inputs: bias ? [product.input(0), weight!, bias] : [product.input(0), weight!],
    emit([x, weight, bias]) {
      // The runtime splits them once, while it loads the model.
      const [left, right] = ops.split(weight!, [size / 2, size / 2], transB ? 1 : 0)
      const first = ops.gemm(emitColumns(hidden!, x!, 0, size / 2), left!, bias, { transB })
      return [ops.gemm(emitColumns(hidden!, x!, size / 2, size), right!, first, { transB })]
    },
  }
}

/** Operators that compute every element of the output from one of the input. */
const elementwise = ['Gelu', 'Sigmoid', 'Tanh', 'Relu']

/** The product of which every column of `x` is made, element by element; undefined where it is made in another way. */
function productBehind(x: Value): Node | undefined {
  const node = x.producer
  if (!node || isConstantProduct(node)) return node
  if (elementwise.includes(node.op) || keepsColumns(node)) return productBehind(node.input(0))
  if (node.op !== 'Mul') return undefined
  const [product, ...others] = new Set(node.inputs.flatMap((input) => (isScalar(input!) ? [] : productBehind(input!))))
  return others.length === 0 ? product : undefined
}

/** Columns `start` to `end` of `whole`, given the copy of what the product behind it takes. */
function emitColumns(whole: Value, x: Value, start: number, end: number): Value {
  const { graph } = x
  const done = new Map<Value, Value>()
  const columns = (value: Value): Value => {
    if (isScalar(value)) return graph.constant('float32', value.data![0] as number)
    const known = done.get(value) ?? emitNode(value.producer!)
    done.set(value, known)
    return known
  }
  const emitNode = (node: Node): Value => {
    if (isConstantProduct(node)) {
      const [, weight, bias] = node.inputs
      const transB = isTransposed(node)
      return ops.gemm(x, transB ? rows(weight!) : columnsOf(weight!), bias && rows(bias), { transB })
    }
    if (node.op !== 'Reshape')
      return graph.emit(
        node.op,
        node.inputs.map((input) => columns(input!)),
        node.attributes,
      )[0]!
    const target = node.input(1).content as number[]
    return ops.reshape(columns(node.input(0)), [...target.slice(0, -1), end - start])
  }
  const rows = ({ name, shape: [, ...row], data }: Value) => {
    const length = Number(row[0] ?? 1)
    const part = () => data!.subarray(start * length, end * length) as Float32Array
    return initializerOnce(graph, `${name}[${start}:${end}]`, [end - start, ...(row as number[])], part)
  }
  /** The same of weights that lie the other way around. */
  const columnsOf = ({ name, shape, data }: Value) => {
    const [height, width] = shape.map(Number) as [number, number]
    return initializerOnce(graph, `${name}[:, ${start}:${end}]`, [height, end - start], () => {
      const part = new Float32Array(height * (end - start))
      for (let row = 0; row < height; row++)
        part.set((data as Float32Array).subarray(row * width + start, row * width + end), row * (end - start))
      return part
    })
  }
  return columns(whole)
}

/** Several products may share their weights. */
const initializerOnce = (graph: Graph, name: string, shape: readonly number[], numbers: () => Float32Array) =>
  graph.initializers.get(name) ?? graph.initializer(name, 'float32', shape, numbers())

const isTransposed = (product: Node) => product.int('transB', 0) === 1

/** x·W + b with weights that are known. */
function isConstantProduct({ op, inputs, attributes }: Node): boolean {
  const [, weight, bias] = inputs
  if (op !== 'Gemm' || !weight?.data || weight.dtype !== 'float32' || (bias && !(bias.data && bias.rank === 1)))
    return false
  const plain: Readonly<Record<string, number>> = { alpha: 1, beta: 1, transA: 0 }
  return Object.entries(attributes).every(([name, { value }]) => name === 'transB' || value === plain[name])
}

/** Whether it is a Reshape of the other axes alone. */
function keepsColumns({ op, inputs, outputs }: Node): boolean {
  if (op !== 'Reshape' || !inputs[1]!.data) return false
  return inputs[0]!.shape.at(-1) === outputs[0]!.shape.at(-1)
}

const isScalar = ({ data, rank }: Value) => data !== undefined && rank === 0
