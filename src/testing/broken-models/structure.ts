import { clone, create } from '@bufbuild/protobuf'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { absurd, type Breakages, inMessage, pick } from './broken-model.js'

/** Faults of the graph: what one finds in files of unfinished exporters, and what only malice writes. */
export const brokenStructure: Breakages = {
  'a cycle': inMessage((_, { node }, random) => {
    const index = random.integer(node.length)
    const later = node[index + random.integer(node.length - index)]!
    node[index]!.input[0] = later.output[0]!
  }),
  'an unknown input': inMessage((_, { node }, random) => {
    const { input } = pick(node, random)!
    input[random.integer(Math.max(input.length, 1))] = 'nowhere'
  }),
  'an empty input': inMessage((_, { node }, random) => {
    const { input } = pick(node, random)!
    input[random.integer(Math.max(input.length, 1))] = ''
  }),
  'no inputs at a node': inMessage((_, { node }, random) => {
    pick(node, random)!.input = []
  }),
  'no outputs at a node': inMessage((_, { node }, random) => {
    pick(node, random)!.output = []
  }),
  'inputs that the operator does not have': inMessage((_, { node }, random) => {
    const { input } = pick(node, random)!
    input.push(...input, ...input, ...input)
  }),
  '10,000 inputs': inMessage((_, { node }, random) => {
    const { input } = pick(node, random)!
    for (let i = 0; i < 10_000; i++) input.push(input[0] ?? '')
  }),
  '10,000 outputs': inMessage((_, { node }, random) => {
    const { output } = pick(node, random)!
    for (let i = 0; i < 10_000; i++) output.push(`more ${i}`)
  }),
  'inputs in another order': inMessage((_, { node }, random) => {
    pick(node, random)!.input.reverse()
  }),
  'nodes in another order': inMessage((_, graph, random) => {
    graph.node = random.shuffle(graph.node)
  }),
  'a node missing': inMessage((_, { node }, random) => {
    node.splice(random.integer(node.length), 1)
  }),
  'a node twice': inMessage((_, { node }, random) => {
    const index = random.integer(node.length)
    node.splice(index, 0, clone(NodeProtoSchema, node[index]!))
  }),
  'one name for two values': inMessage((_, { node }, random) => {
    pick(node, random)!.output[0] = pick(node, random)!.output[0] ?? ''
  }),
  'one name for an input and a value': inMessage((_, { node, input }, random) => {
    pick(node, random)!.output[0] = input[0]?.name ?? 'x'
  }),
  'one name for two weights': inMessage((_, { initializer }, random) => {
    const [one, other] = [pick(initializer, random), pick(initializer, random)]
    if (one && other) initializer.push({ ...clone(TensorProtoSchema, one), name: other.name })
  }),
  'one name for everything': inMessage((_, { node, input, initializer }) => {
    for (const item of [...input, ...initializer]) item.name = 'a'
    for (const item of node) [item.input, item.output] = [item.input.map(() => 'a'), item.output.map(() => 'a')]
  }),
  'an input twice': inMessage((_, { input }) => {
    input.push(...input.map((info) => clone(ValueInfoProtoSchema, info)))
  }),
  'an output twice': inMessage((_, { output }) => {
    output.push(...output.map((info) => clone(ValueInfoProtoSchema, info)))
  }),
  'no output': inMessage((_, graph) => {
    graph.output = []
  }),
  'no input': inMessage((_, graph) => {
    graph.input = []
  }),
  'no weights': inMessage((_, graph) => {
    graph.initializer = []
  }),
  'no nodes': inMessage((_, graph) => {
    graph.node = []
  }),
  'an empty graph': inMessage((_, graph) => {
    for (const list of [graph.node, graph.initializer, graph.input, graph.output, graph.valueInfo]) list.length = 0
  }),
  'no graph': inMessage((model) => {
    delete model.graph
  }),
  'another operator': inMessage((_, { node }, random) => {
    pick(node, random)!.opType = pick(node, random)!.opType
  }),
  'an operator that needs more': inMessage((_, { node }, random) => {
    const names = [
      'Attention',
      'Loop',
      'If',
      'Scan',
      'Resize',
      'Split',
      'Einsum',
      'TopK',
      'Conv',
      'LayerNormalization',
      '',
    ]
    pick(node, random)!.opType = pick(names, random)!
  }),
  'a property of all objects as operator': inMessage((_, { node }, random) => {
    pick(node, random)!.opType = pick(['constructor', '__proto__', 'toString', 'hasOwnProperty'], random)!
  }),
  'a property of all objects as attribute': inMessage((_, { node }, random) => {
    const attribute = create(AttributeProtoSchema, { name: '__proto__', type: AttributeType.INT, i: 1n })
    pick(node, random)!.attribute.push(attribute)
  }),
  'a property of all objects as name': inMessage((_, { node }, random) => {
    for (const item of node) item.output = item.output.map((name) => (random.integer(4) ? name : '__proto__'))
  }),
  'an unknown domain': inMessage((_, { node }, random) => {
    pick(node, random)!.domain = pick(['com.example', 'ai.onnx.ml', '__proto__', ' '], random)!
  }),
  'an absurd opset': inMessage((model, _, random) => {
    for (const entry of model.opsetImport) entry.version = pick(absurd, random)!
  }),
  'no opset': inMessage((model) => {
    model.opsetImport = []
  }),
  'several opsets': inMessage((model, _, random) => {
    model.opsetImport = Array.from({ length: 5 }, () => ({
      ...model.opsetImport[0]!,
      version: BigInt(random.integer(30)),
    }))
  }),
  'an absurd IR version': inMessage((model, _, random) => {
    model.irVersion = pick(absurd, random)!
  }),
  'an output that nothing computes': inMessage((_, { output }) => {
    output.push(create(ValueInfoProtoSchema, { name: 'nowhere' }))
  }),
  'names for a terminal and a page': inMessage((_, { node, input }) => {
    const name = '\u001b[31m\n</script><script>alert(1)</script>\0"\'\u202e'
    for (const [i, item] of node.entries()) item.name = `${name}${i}`
    if (input[0]) input[0].docString = name
  }),
  'a name of 1 MB': inMessage((_, { node }, random) => {
    pick(node, random)!.name = 'a'.repeat(1e6)
    pick(node, random)!.input[0] = 'b'.repeat(1e6)
  }),
}
