import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { ViT } from '../nn/index.js'
import { runGraph, runModel } from '../testing/run-graph.js'
import {
  type Attributes,
  allocate,
  bytesOf,
  type DType,
  dataTypes,
  decodeModel,
  encodeModel,
  encodeModelFiles,
  float,
  Graph,
  int,
  ints,
  largestModelFile,
  Node,
  ops,
  string,
  tensor,
} from './index.js'

const small = { imageSize: 16, patchSize: 8, embedDim: 12, depth: 2, numHeads: 2, numClasses: 3 }
const pixels = (batch: number) =>
  tensor(
    'float32',
    Array.from({ length: batch * 3 * 16 * 16 }, (_, i) => Math.sin(0.01 * i)),
    [batch, 3, 16, 16],
  )

/** A graph with a bit of everything that a file can hold. */
function variedGraph(): Graph {
  const graph = new Graph({ name: 'varied' })
  graph.metadata.set('labels', '["Gänseblümchen"]')
  const x = graph.input('x', 'float32', ['batch', 4])
  const attributes: Attributes = {
    one: int(-3),
    many: ints([1, -1, 2 ** 40]),
    half: float(0.5),
    text: string('größer'),
    floats: { kind: 'floats', value: [0.25, -1] },
    strings: { kind: 'strings', value: ['a', ''] },
    tensor: { kind: 'tensor', value: tensor('int64', [-5, 6], [1, 2]) },
  }
  graph.domains.set('com.example', 3)
  const custom = new Node(graph, 'Custom', '', [x, undefined, x], attributes, 'com.example')
  const [first, , third] = graph.append(custom, ['first', '', 'third'], [{ dtype: 'int64', shape: [3, 'batch'] }])
  graph.output('sizes', ops.add(first!, graph.initializer('ones', 'int64', [3, 1], BigInt64Array.of(1n, 1n, 1n))))
  assert.equal(third!.isTyped, false)
  return graph
}

test('what a file can hold survives writing and reading', () => {
  const graph = variedGraph()
  const read = decodeModel(encodeModel(graph))
  assert.deepEqual([read.name, read.opset], ['varied', 20])
  assert.deepEqual([...read.metadata], [...graph.metadata])
  assert.deepEqual([...read.domains], [['com.example', 3]])
  assert.deepEqual(
    read.inputs.map(({ name, dtype, shape }) => [name, dtype, shape]),
    [['x', 'float32', ['batch', 4]]],
  )
  const node = read.nodes[0]!
  assert.deepEqual([node.op, node.domain, node.name], ['Custom', 'com.example', ''])
  assert.deepEqual({ ...node.attributes }, graph.nodes[0]!.attributes)
  assert.deepEqual(
    node.inputs.map((input) => input?.name),
    ['x', undefined, 'x'],
  )
  assert.deepEqual(
    node.outputs.map((output) => output?.name),
    ['first', undefined, 'third'],
  )
  assert.deepEqual(node.output.shape, [3, 'batch'], 'declared, as no inference knows it')
  assert.deepEqual(read.outputs[0]!.shape, [3, 'batch'])
})

for (const [name, graph] of [
  ['a graph with a bit of everything', variedGraph],
  ['a ViT with a batch of any size', () => new ViT(small).build(new Graph())],
  ['a ViT in the oldest opset', () => new ViT(small).build(new Graph({ opset: 11 }), 2)],
] as const)
  test(`writing what was read gives the same bytes: ${name}`, () => {
    const bytes = encodeModel(graph())
    assert.deepEqual(Buffer.compare(encodeModel(decodeModel(bytes)), bytes), 0)
  })

test('every element type goes through a file', () => {
  const graph = new Graph()
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37) % 251)
  for (const dtype of Object.keys(dataTypes) as DType[]) {
    if (dtype === 'string') continue
    const data = allocate(dtype, 2)
    bytesOf(data).set(dtype === 'bool' ? [1, 0] : bytes.subarray(0, data.byteLength))
    graph.initializer(dtype, dtype, [2, 1], data)
  }
  const read = decodeModel(encodeModel(graph))
  for (const [name, value] of graph.initializers) {
    const copy = read.initializers.get(name)!
    assert.deepEqual([copy.dtype, copy.shape, copy.data], [value.dtype, value.shape, value.data])
  }
})

test('numbers in the typed lists that some exporters use are read', () => {
  const list = (dtype: DType, values: object) =>
    create(TensorProtoSchema, { name: dtype, dataType: dataTypes[dtype], dims: [2n], ...values })
  const model = create(ModelProtoSchema, {
    opsetImport: [{ domain: 'ai.onnx', version: 13n }],
    graph: {
      initializer: [
        list('float32', { floatData: [0.5, -2] }),
        list('int32', { int32Data: [-7, 8] }),
        list('int8', { int32Data: [-7, 8] }),
        list('bool', { int32Data: [1, 0] }),
        list('float16', { int32Data: [0x3c00, 0xc000] }),
        list('int64', { int64Data: [-(2n ** 60n), 3n] }),
        list('float64', { doubleData: [0.1, -2] }),
        list('uint32', { uint64Data: [2n ** 32n - 1n, 0n] }),
        list('uint64', { uint64Data: [2n ** 64n - 1n, 0n] }),
      ],
    },
  })
  const { initializers, opset } = decodeModel(toBinary(ModelProtoSchema, model))
  assert.equal(opset, 13)
  const numbers = [...initializers.values()].map(({ name, data }) => [name, ...data!].join(' '))
  assert.deepEqual(numbers, [
    'float32 0.5 -2',
    'int32 -7 8',
    'int8 -7 8',
    'bool 1 0',
    'float16 15360 49152',
    `int64 ${-(2n ** 60n)} 3`,
    'float64 0.1 -2',
    'uint32 4294967295 0',
    `uint64 ${2n ** 64n - 1n} 0`,
  ])
})

test('weights are not copied on the way in, nor on the way out', () => {
  const pixels = new Graph()
  pixels.initializer('image', 'uint8', [3], Uint8Array.of(1, 2, 3))
  const bytes = encodeModel(pixels)
  assert.equal(decodeModel(bytes).initializers.get('image')!.data!.buffer, bytes.buffer)
  const graph = new Graph()
  const weights = new Float32Array(1024)
  graph.initializer('w', 'float32', [1024], weights)
  assert.equal([...encodeModelFiles(graph, 'w.bin').external!][0]!.buffer, weights.buffer)
})

test('sizes that exporters do not know become symbols of their own', () => {
  const dim = (value: bigint) => ({ value: { case: 'dimValue' as const, value } })
  const unknown = { value: { case: undefined } }
  const model = create(ModelProtoSchema, {
    opsetImport: [{ version: 13n }],
    graph: {
      input: [
        {
          name: 'x',
          type: { value: { case: 'tensorType', value: { elemType: 1, shape: { dim: [unknown, dim(-1n), dim(4n)] } } } },
        },
      ],
    },
  })
  assert.deepEqual(decodeModel(toBinary(ModelProtoSchema, model)).inputs[0]!.shape, ['x_0', 'x_1', 4])
})

test('the largest int64, "to the end" in a Slice, keeps its value in every way to write it', async () => {
  const largest = 2n ** 63n - 1n
  const end = { dtype: 'int64', shape: [1], data: BigInt64Array.of(largest) } as const
  const ways: Attributes[] = [{ value: { kind: 'tensor', value: end } }, { value_ints: ints([Number(largest)]) }]
  for (const attributes of ways) {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['batch'])
    const [constant] = graph.emit('Constant', [], attributes)
    graph.output('y', ops.slice(x, [0], constant!, [0]))
    assert.deepEqual(graph.outputs[0]!.shape, ['batch'])
    const { y } = await runGraph(decodeModel(encodeModel(graph)), { x: tensor('float32', [1, 2, 3]) })
    assert.deepEqual([...(y!.data as Float32Array)], [1, 2, 3])
  }
})

test('a ViT gives the same logits from every opset', async () => {
  const expected = await runGraph(new ViT(small).build(new Graph()), { pixel_values: pixels(2) })
  for (const opset of [11, 13, 17, 20, 22]) {
    const graph = new ViT(small).build(new Graph({ opset }))
    const used = new Set(graph.nodes.map(({ op }) => op))
    assert.deepEqual([used.has('LayerNormalization'), used.has('Gelu')], [opset >= 17, opset >= 20])
    const { logits } = await runGraph(graph, { pixel_values: pixels(2) })
    for (const [i, value] of (expected.logits!.data as Float32Array).entries())
      assert.ok(Math.abs(Number(logits!.data[i]) - value) < 1e-5, `opset ${opset}: ${logits!.data[i]} is not ${value}`)
  }
})

test('an external file holds the larger weights at aligned offsets', async () => {
  const graph = new ViT(small).build(new Graph())
  const { model, external } = encodeModelFiles(graph, 'vit.onnx.data')
  const file = Buffer.concat([...external!])
  const inside: string[] = []
  for (const { name, dims, externalData } of fromBinary(ModelProtoSchema, model).graph!.initializer) {
    const entries = Object.fromEntries(externalData.map(({ key, value }) => [key, value]))
    if (!entries.location) {
      assert.ok(4 * dims.reduce((a, b) => a * Number(b), 1) < 1024)
      inside.push(name)
    } else {
      assert.equal(entries.location, 'vit.onnx.data')
      assert.equal(Number(entries.offset) % 4096, 0)
      assert.ok(Number(entries.offset) + Number(entries.length) <= file.length)
    }
  }
  assert.ok(inside.includes('const_0'), 'what describes shapes stays inside')
  const asked: string[] = []
  const read = decodeModel(model, (location) => {
    asked.push(location)
    return file
  })
  assert.deepEqual(new Set(asked), new Set(['vit.onnx.data']))
  assert.equal(Buffer.compare(encodeModel(read), encodeModel(graph)), 0)
  await runModel(encodeModel(read), { pixel_values: pixels(1) })
})

test('a missing or short external file is named', () => {
  const { model, external } = encodeModelFiles(new ViT(small).build(new Graph()), 'vit.onnx.data')
  assert.throws(() => decodeModel(model), /its weights lie in the file vit\.onnx\.data, which was not given/)
  const short = Buffer.concat([...external!]).subarray(0, 5000)
  assert.throws(() => decodeModel(model, () => short), /tensor \S+ lies outside the file vit\.onnx\.data/)
  for (const name of ['../secret', '/etc/passwd', 'C:\\secret', 'a\\..\\..\\b'])
    assert.throws(
      () => decodeModel(encodeModelFiles(new ViT(small).build(new Graph()), name).model, () => short),
      /is outside the model's folder/,
    )
})

test('weights past what protobuf can hold need an external file', () => {
  const graph = new Graph()
  graph.initializer('w', 'uint8', [largestModelFile + 1], () => assert.fail('nothing is read'))
  assert.throws(() => encodeModel(graph), /over 2 GB and need a file of their own/)
})
