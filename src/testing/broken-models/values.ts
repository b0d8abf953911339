import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
} from 'onnx-buf'
import type { Random } from '../../random.js'
import { absurd, type Breakages, inMessage, pick } from './broken-model.js'

/** Faults of what nodes are told: attributes, declared types, and the small tensors that hold shapes and axes. */
export const brokenValues: Breakages = {
  'an attribute of another kind': inMessage((_, graph, random) => {
    const attribute = anyAttribute(graph, random)
    if (attribute) attribute.type = pick(kinds, random)!
  }),
  'all attributes of another kind': inMessage((_, { node }, random) => {
    for (const { attribute } of node) for (const each of attribute) each.type = pick(kinds, random)!
  }),
  'an attribute of an unknown kind': inMessage((_, graph, random) => {
    const attribute = anyAttribute(graph, random)
    if (attribute) attribute.type = 99 as AttributeType
  }),
  'an attribute missing': inMessage((_, { node }, random) => {
    withAttributes(node, random)?.attribute.splice(0, 1)
  }),
  'all attributes missing': inMessage((_, { node }) => {
    for (const item of node) item.attribute = []
  }),
  'an attribute of a function that is none': inMessage((_, graph, random) => {
    const attribute = anyAttribute(graph, random)
    if (attribute) attribute.refAttrName = 'nowhere'
  }),
  'an absurd number in an attribute': inMessage((_, graph, random) => {
    for (let i = 0; i < 5; i++) {
      const attribute = anyAttribute(graph, random)
      if (!attribute) continue
      attribute.i = pick(absurd, random)!
      attribute.f = pick([Number.NaN, Number.POSITIVE_INFINITY, -1e38, 0], random)!
      attribute.ints = attribute.ints.map(() => pick(absurd, random)!)
    }
  }),
  'a list of another length in an attribute': inMessage((_, graph, random) => {
    const attribute = anyAttribute(graph, random, AttributeType.INTS)
    if (attribute) attribute.ints = pick([[], [0n], new Array(3).fill(1n), new Array(10_000).fill(1n)], random)!
  }),
  'no size in an input': inMessage((_, { input }) => {
    for (const { type } of input) if (type?.value.case === 'tensorType') delete type.value.value.shape
  }),
  'no type in an input': inMessage((_, { input }) => {
    for (const info of input) delete info.type
  }),
  'an absurd size in an input': inMessage((_, graph, random) => {
    for (const shape of shapesOf(graph)) {
      const dim = pick(shape.dim, random)
      if (dim) dim.value = { case: 'dimValue', value: pick(absurd, random)! }
    }
  }),
  'sizes in an input whose product is too large': inMessage((_, graph) => {
    for (const { dim } of shapesOf(graph)) for (const each of dim) each.value = { case: 'dimValue', value: 2n ** 40n }
  }),
  '10,000 axes in an input': inMessage((_, graph) => {
    const dim = () => create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: 2n } })
    for (const shape of shapesOf(graph)) shape.dim = Array.from({ length: 10_000 }, dim)
  }),
  'another number of axes in an input': inMessage((_, graph, random) => {
    for (const shape of shapesOf(graph)) shape.dim = shape.dim.slice(random.integer(3))
  }),
  'names of sizes that clash': inMessage((_, graph) => {
    for (const { dim } of shapesOf(graph)) for (const each of dim) each.value = { case: 'dimParam', value: 'n' }
  }),
  'a property of all objects as size': inMessage((_, graph, random) => {
    const value = random.pick(['__proto__', 'constructor', 'toString'])
    for (const { dim } of shapesOf(graph)) for (const each of dim) each.value = { case: 'dimParam', value }
  }),
  'a formula as size': inMessage((_, graph, random) => {
    const formulas = ['2*n', 'n + 1', '1', '-n', '1/0', 'floor(', 'floor((((n/2)', '(n', '*', '+', ' ', 'n'.repeat(1e5)]
    for (const { dim } of shapesOf(graph))
      for (const each of dim) each.value = { case: 'dimParam', value: random.pick(formulas) }
  }),
  'an unknown element type in an input': inMessage((_, { input }, random) => {
    for (const { type } of input)
      if (type?.value.case === 'tensorType') type.value.value.elemType = pick([0, 8, 16, 99, -1], random)!
  }),
  'a sequence as input': inMessage((_, { input }) => {
    for (const info of input) info.type = create(TypeProtoSchema, { value: { case: 'sequenceType', value: {} } })
  }),
  'declared types that are wrong': inMessage((_, { valueInfo, output }, random) => {
    for (const { type } of [...valueInfo, ...output])
      if (type?.value.case === 'tensorType' && type.value.value.shape)
        for (const dim of type.value.value.shape.dim) dim.value = { case: 'dimValue', value: BigInt(random.integer(9)) }
  }),
  'nonsense in a small tensor of integers': inMessage((_, graph, random) => {
    const contents = integersOf(graph)
    for (let i = 0; i < 3; i++) {
      const numbers = pick(contents, random)
      if (numbers?.length) numbers[random.integer(numbers.length)] = pick(absurd, random)!
    }
  }),
  'nonsense in all small tensors of integers': inMessage((_, graph, random) => {
    for (const numbers of integersOf(graph)) numbers.fill(pick(absurd, random)!)
  }),
}

/** The numbers of AttributeType: FLOAT to TYPE_PROTOS. */
const kinds = Array.from({ length: 15 }, (_, kind) => kind as AttributeType)

const withAttributes = (nodes: readonly NodeProto[], random: Random) =>
  pick(
    nodes.filter(({ attribute }) => attribute.length > 0),
    random,
  )

function anyAttribute({ node }: GraphProto, random: Random, kind?: AttributeType) {
  const attributes = node.flatMap(({ attribute }) => attribute)
  return pick(kind ? attributes.filter(({ type }) => type === kind) : attributes, random)
}

const shapesOf = ({ input }: GraphProto) =>
  input.flatMap(({ type }) => (type?.value.case === 'tensorType' ? (type.value.value.shape ?? []) : []))

/** The raw int64 of initializers and constants, as views. */
function integersOf({ initializer, node }: GraphProto): BigInt64Array[] {
  const constants = node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []))
  return [...initializer, ...constants].flatMap((tensor) => {
    if (tensor.dataType !== 7 || tensor.rawData.length === 0) return []
    tensor.rawData = tensor.rawData.slice()
    return new BigInt64Array(tensor.rawData.buffer)
  })
}
