import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  type GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
} from 'onnx-buf'
import { ViT } from '../nn/index.js'
import { Random } from '../random.js'
import { decodeModel, encodeModel, Graph, ops } from './index.js'

const tiny = { imageSize: 4, patchSize: 2, embedDim: 4, depth: 1, numHeads: 2, numClasses: 2 }

type GraphFields = MessageInitShape<typeof GraphProtoSchema>
type ModelFields = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>

/** The bytes of a model made field by field, as no exporter would. */
function model(graph: GraphFields, rest: ModelFields = {}): Uint8Array {
  const fields: ModelFields = { opsetImport: [{ version: 17n }], graph, ...rest }
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, fields))
}

const input = (name: string, elemType = 1, sizes = [2]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType,
        shape: { dim: sizes.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })) },
      },
    },
  },
})

const node = (opType: string, from: string[], to: string[]) => ({
  opType,
  name: `the ${opType}`,
  input: from,
  output: to,
})

const floats = (name: string, dims: number[], length: number) => ({
  name,
  dataType: 1,
  dims: dims.map(BigInt),
  rawData: new Uint8Array(length),
})

const whole = encodeModel(new ViT(tiny).build(new Graph()))

const damaged: [name: string, bytes: Uint8Array, RegExp][] = [
  ['nothing', new Uint8Array(), /not an ONNX model: it has no graph/],
  ['text', new TextEncoder().encode('<!DOCTYPE html><html>Not found</html>'), /not an ONNX model/],
  ['half a file', whole.subarray(0, whole.length / 2), /not an ONNX model, or it is cut short/],
  ['no graph', model({}, { graph: undefined }), /it has no graph/],
  ['no opset', model({}, { opsetImport: [] }), /it has no graph/],
  [
    'an old opset',
    model({}, { opsetImport: [{ version: 9n }] }),
    /it uses opset 9, and Vitrine reads opset 11 and newer/,
  ],
  ['only a foreign opset', model({}, { opsetImport: [{ domain: 'x', version: 20n }] }), /it uses opset 1,/],
  ['functions', model({}, { functions: [{ name: 'f' }] }), /functions of its own.* inline them/],
  [
    'a cycle',
    model({ node: [node('Neg', ['b'], ['a']), node('Neg', ['a'], ['b'])] }),
    /node the Neg uses b, which nothing before it computes/,
  ],
  ['an unknown input', model({ node: [node('Neg', ['nowhere'], ['a'])] }), /the Neg uses nowhere, which nothing/],
  ['an output never computed', model({ output: [input('y')] }), /its output y is never computed/],
  ['two inputs of one name', model({ input: [input('x'), input('x')] }), /already has a value called x/],
  [
    'two nodes with one output',
    model({ input: [input('x')], node: [node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])] }),
    /two things in it are called y/,
  ],
  [
    'a node that overwrites an input',
    model({ input: [input('x')], node: [node('Neg', ['x'], ['x'])] }),
    /two things in it are called x/,
  ],
  [
    'two initializers of one name',
    model({ initializer: [floats('w', [1], 4), floats('w', [2], 8)] }),
    /two different initializers are called w/,
  ],
  [
    'too few bytes',
    model({ initializer: [floats('w', [2, 3], 20)] }),
    /tensor w has 5 elements, but its shape is \[2, 3\]/,
  ],
  ['a broken number', model({ initializer: [floats('w', [2], 10)] }), /tensor w has 2.5 elements/],
  [
    'no bytes at all',
    model({ initializer: [floats('w', [2 ** 40], 0)] }),
    /tensor w has 0 elements.*\[1099511627776\]/,
  ],
  ['negative sizes', model({ initializer: [floats('w', [-1, -1], 4)] }), /tensor w has the impossible shape \[-1,-1\]/],
  [
    'strings',
    model({ initializer: [{ name: 's', dataType: 8, dims: [1n] }] }),
    /tensor s holds strings, which are no numbers/,
  ],
  ['strings as input', model({ input: [input('s', 8)] }), /its input s is of strings, which Vitrine does not support/],
  [
    'a sequence as input',
    model({ input: [{ name: 's', type: { value: { case: 'sequenceType', value: {} } } }] }),
    /its input s is not a tensor/,
  ],
  [
    'a branch',
    model({ node: [{ ...node('If', [], ['y']), attribute: [{ name: 'then_branch', type: AttributeType.GRAPH }] }] }),
    /attribute then_branch of node the If is of a kind that Vitrine does not support/,
  ],
  [
    'a tensor attribute without a tensor',
    model({ node: [{ ...node('Constant', [], ['y']), attribute: [{ name: 'value', type: AttributeType.TENSOR }] }] }),
    /attribute value of node the Constant has no value/,
  ],
  ['a Constant without a value', model({ node: [node('Constant', [], ['y'])] }), /the Constant: it has no value/],
  [
    'shapes that do not go together',
    model({ input: [input('a', 1, [2]), input('b', 1, [3])], node: [node('Add', ['a', 'b'], ['y'])] }),
    /the Add: shapes \[2\] and \[3\] do not broadcast; the inputs of Add are float32\[2\], float32\[3\]/,
  ],
  [
    'an external tensor without a place',
    model({ initializer: [{ name: 'w', dataType: 1, dims: [1n], dataLocation: 1 }] }),
    /tensor w lies in another file, which it does not name/,
  ],
]

for (const [name, bytes, message] of damaged)
  test(`refused in one sentence: ${name}`, () => {
    assert.throws(() => decodeModel(bytes), message)
  })

test('a chain of Concats that doubles a shape each time stays small', () => {
  const graph = new Graph()
  let value = graph.constant('int64', [1])
  for (let i = 0; i < 40; i++) value = ops.concat([value, value], 0)
  assert.equal(value.content, undefined)
  assert.deepEqual(value.shape, [2 ** 40])
})

test('a file that ends anywhere is refused, or is a model still', () => {
  for (let length = 0; length < whole.length; length += 97) decodeOrRefuse(whole.subarray(0, length))
})

test('random bytes are refused', () => {
  for (let round = 0; round < 500; round++) {
    const random = new Random('noise', round)
    decodeOrRefuse(Uint8Array.from({ length: random.integer(200) }, () => random.integer(256)))
  }
})

test('a file with a few bytes changed is refused in plain words, or is a model still: no crash, no hanging', () => {
  const files = [whole, encodeModel(new ViT(tiny).build(new Graph({ opset: 11 })))]
  const started = performance.now()
  let refused = 0
  for (let round = 0; round < 3000; round++) {
    const random = new Random('damage', round)
    const bytes = files[round % files.length]!.slice()
    for (let i = random.integer(3); i >= 0; i--) bytes[random.integer(bytes.length)] = random.integer(256)
    if (!decodeOrRefuse(bytes)) refused++
  }
  assert.ok(refused > 1000, `${refused} were refused`)
  assert.ok(performance.now() - started < 30_000)
  assert.ok(process.memoryUsage().rss < 1e9)
})

/** Whether the bytes are a model. @throws where they are not, and the message does not say so in plain words */
function decodeOrRefuse(bytes: Uint8Array): boolean {
  try {
    decodeModel(bytes)
    return true
  } catch (error) {
    const { name, message } = error as Error
    const isPlain =
      !/TypeError|RangeError|SyntaxError|ReferenceError/.test(name) &&
      !/undefined|null|NaN|Infinity|\[object|is not a function|not iterable/.test(message)
    assert.ok(isPlain, (error as Error).stack)
    return false
  }
}

test('the small models above are sound but for their one mistake', () => {
  const good = model({ input: [input('x')], node: [node('Neg', ['x'], ['y'])], output: [input('y')] })
  assert.deepEqual(decodeModel(good).outputs[0]!.shape, [2])
})
