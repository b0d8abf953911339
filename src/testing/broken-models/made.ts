import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type FunctionProto,
  type FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from 'onnx-buf'
import { joinBytes, lengthDelimited } from '../../onnx/wire.js'
import type { BrokenModel } from './broken-model.js'

type NodeFields = Exclude<MessageInitShape<typeof NodeProtoSchema>, NodeProto>
type FunctionFields = Exclude<MessageInitShape<typeof FunctionProtoSchema>, FunctionProto>

/** Models made to exhaust time, memory or the stack; most of them are valid. */
export const exhausting: Record<string, () => BrokenModel> = {
  '100,000 nodes': () => chain(100_000, (i) => ({ opType: ['Neg', 'Identity', 'Relu'][i % 3]! })),
  '2,000 shapes of shapes': () => chain(2000, (i) => ({ opType: i % 2 ? 'Shape' : 'ConstantOfShape' })),
  '5,000 sums with themselves': () => chain(5000, () => ({ opType: 'Add' }), 2),
  '3,000 concatenations with themselves': () =>
    chain(3000, () => ({ opType: 'Concat', attribute: [int('axis', 0n)] }), 2),
  '10,000 constants': () =>
    file(
      [...Array(10_000).keys()].map((i) =>
        node(`c${i}`, [], { opType: 'Constant', attribute: [int('value_int', 1n)] }),
      ),
    ),
  'a sum of 10,000': () => file([node('y', new Array(10_000).fill('x'), { opType: 'Sum' })]),
  'a value that 50,000 nodes use': () =>
    file([...Array(50_000).keys()].map((i) => node(`y${i}`, ['x'], { opType: 'Neg' }))),
  'a constant of 2^40 elements': () => grown('ConstantOfShape', ['shape']),
  'an expansion to 2^40 elements': () => grown('Expand', ['one', 'shape']),
  'a tile of 2^40 elements': () => grown('Tile', ['one', 'shape']),
  'a range of 2^40 elements': () => grown('Range', ['zero', 'large', 'one']),
  'a size that is multiplied 300 times': () => arithmetic((i) => node(`p${i + 1}`, [`p${i}`, 'p0'], { opType: 'Mul' })),
  'a size that is halved and added to 300 times': () =>
    arithmetic((i) =>
      i % 2
        ? node(`p${i + 1}`, [`p${i}`, 'p0'], { opType: 'Add' })
        : node(`p${i + 1}`, [`p${i}`, 'two'], { opType: 'Div' }),
    ),
  'branches 40 deep': () => nested(40),
  'branches 1,000 deep': () => nested(1000),
  'branches 4,000 deep': () => nested(4000),
  'a function that calls itself': () => file([call('y', 'f0')], [define('f0', ['f0'])]),
  'functions that call each other': () => file([call('y', 'f0')], [define('f0', ['f1']), define('f1', ['f0'])]),
  'a function that calls itself in a branch': () => {
    const g = create(GraphProtoSchema, { node: [call('b', 'f0')], output: [{ name: 'b' }] })
    const attribute = [{ name: 'then_branch', type: AttributeType.GRAPH, g }]
    return file([call('y', 'f0')], [{ ...define('f0', []), node: [node('y', ['x'], { opType: 'If', attribute })] }])
  },
  'functions that call two each, 40 deep': () => functionChain(40, 2),
  'functions that call one each, 5,000 deep': () => functionChain(5000, 1),
  'a function that is called 20,000 times': () =>
    file(
      [...Array(20_000).keys()].map((i) => call(`y${i}`, 'f0')),
      [define('f0', [])],
    ),
  'a function twice': () => file([call('y', 'f0')], [define('f0', []), define('f0', [])]),
  'a function with too few inputs': () => file([call('y', 'f0', [])], [define('f0', [])]),
  'a function with too many outputs': () => file([{ ...call('y', 'f0'), output: ['y', 'z'] }], [define('f0', [])]),
  'a function without its output': () => file([call('y', 'f0')], [{ ...define('f0', []), node: [] }]),
  'a function that is not there': () => file([call('y', 'f1')], [define('f0', [])]),
}

const int = (name: string, i: bigint) => ({ name, type: AttributeType.INT, i })

const node = (output: string, input: string[], rest: NodeFields): NodeFields => ({
  name: `node ${output}`,
  input,
  output: [output],
  ...rest,
})

const call = (output: string, name: string, input = ['x']) =>
  node(output, input, { opType: name, domain: 'vitrine.test' })

const opsetImport = [{ version: 18n }, { domain: 'vitrine.test', version: 1n }]

/** A function of one input that calls others one after the other, or negates. */
function define(name: string, calls: readonly string[]): FunctionFields {
  const body = calls.map((callee, i) => call(i === calls.length - 1 ? 'y' : `t${i}`, callee, [i ? `t${i - 1}` : 'x']))
  const last = node('y', ['x'], { opType: 'Neg' })
  const from = { name, domain: 'vitrine.test', input: ['x'], output: ['y'], opsetImport }
  return { ...from, node: body.length > 0 ? body : [last] }
}

const functionChain = (depth: number, calls: number) => {
  const functions = Array.from({ length: depth }, (_, i) => define(`f${i}`, new Array(calls).fill(`f${i + 1}`)))
  return file([call('y', 'f0')], [...functions, define(`f${depth}`, [])])
}

const scalar = (name: string, value: bigint) => ({ name, dataType: 7, int64Data: [value] })

/** Nodes behind an input x [2, 3]; the last one's output is the output, else y. */
function file(
  nodes: NodeFields[],
  functions: FunctionFields[] = [],
  dims: (bigint | string)[] = [2n, 3n],
): BrokenModel {
  const dim = dims.map((value) =>
    typeof value === 'string'
      ? { value: { case: 'dimParam' as const, value } }
      : { value: { case: 'dimValue' as const, value } },
  )
  const type = { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim } } } }
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport,
    functions,
    graph: {
      node: nodes,
      input: [{ name: 'x', type }],
      output: [{ name: nodes.at(-1)?.output?.[0] ?? 'y' }],
      initializer: [
        { name: 'shape', dataType: 7, dims: [2n], int64Data: [2n ** 20n, 2n ** 20n] },
        scalar('one', 1n),
        scalar('two', 2n),
        scalar('zero', 0n),
        scalar('large', 2n ** 40n),
        { name: 'yes', dataType: 9, int32Data: [1] },
      ],
    },
  })
  return { bytes: toBinary(ModelProtoSchema, model) }
}

/** Each node gets the last one's output, `uses` times. */
const chain = (length: number, fields: (i: number) => NodeFields, uses = 1) =>
  file([...Array(length).keys()].map((i) => node(`v${i}`, new Array(uses).fill(i ? `v${i - 1}` : 'x'), fields(i))))

/** A tensor that is small in the file, and large for who folds constants. */
const grown = (opType: string, input: string[]) =>
  file([node('t', input, { opType }), node('u', ['t'], { opType: 'Neg' }), node('y', ['u'], { opType: 'ReduceMax' })])

/** The sum of four unknown sizes p0, 300 nodes that compute with it, and a shape that comes of that. */
function arithmetic(step: (i: number) => NodeFields): BrokenModel {
  const nodes = [
    node('s', ['x'], { opType: 'Shape' }),
    node('p0', ['s'], { opType: 'ReduceSum', attribute: [int('keepdims', 1n)] }),
    ...[...Array(300).keys()].map(step),
    node('y', ['x', 'p300'], { opType: 'Reshape' }),
  ]
  return file(nodes, [], ['a', 'b', 'c', 'd'])
}

/** Branches in branches. The encoder refuses what is so deep, so it is written from the inside out. */
function nested(depth: number): BrokenModel {
  const [If, attribute] = [
    toBinary(NodeProtoSchema, create(NodeProtoSchema, node('y', ['yes'], { opType: 'If' }))),
    toBinary(AttributeProtoSchema, create(AttributeProtoSchema, { name: 'then_branch', type: AttributeType.GRAPH })),
  ]
  const output = toBinary(GraphProtoSchema, create(GraphProtoSchema, { name: 'g', output: [{ name: 'y' }] }))
  let branch: Uint8Array[] = [
    toBinary(GraphProtoSchema, create(GraphProtoSchema, { node: [node('y', ['x'], { opType: 'Neg' })] })),
  ]
  for (let i = 0; i < depth; i++) {
    const inner = lengthDelimited(AttributeProtoSchema.field.g, [...branch, output])
    const within = lengthDelimited(NodeProtoSchema.field.attribute, [attribute, ...inner])
    branch = lengthDelimited(GraphProtoSchema.field.node, [If, ...within])
  }
  // A message that comes twice is merged: here a graph with inputs, outputs and weights, and its only node.
  return { bytes: joinBytes([file([]).bytes, ...lengthDelimited(ModelProtoSchema.field.graph, branch)]) }
}
