import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType as AttributeType, ModelProtoSchema } from 'onnx-buf'
import { ViT } from '../nn/index.js'
import { runGraph } from '../testing/run-graph.js'
import {
  type ByteSource,
  bindDimensions,
  copyNodes,
  encodeModel,
  encodeModelFiles,
  Graph,
  neededNodes,
  ops,
  readModel,
  rewrite,
  tensor,
  writeModel,
  writeModelPieces,
} from './index.js'

const vit = { imageSize: 32, patchSize: 8, embedDim: 96, depth: 2, numHeads: 4, numClasses: 10 }
const vitGraph = () => new ViT(vit).build(new Graph())
const odd = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/odd-onnx/${name}.onnx`, import.meta.url)))

/** A file that counts the bytes that are read of it. */
function counting(bytes: Uint8Array): ByteSource & { count: number } {
  return {
    size: bytes.length,
    count: 0,
    read(offset, length) {
      assert.ok(offset >= 0 && length >= 0 && offset + length <= bytes.length, `${offset} + ${length}`)
      this.count += length
      return bytes.slice(offset, offset + length)
    },
  }
}

test('large weights stay in the file until their numbers are asked for', () => {
  const graph = vitGraph()
  const source = counting(encodeModel(graph))
  const model = readModel(source)
  assert.ok(source.count < source.size / 2, `${source.count} of ${source.size} bytes were read`)
  const name = 'blocks.0.attn.qkv.weight'
  const [weight, original] = [model.graph.initializers.get(name)!, graph.initializers.get(name)!]
  const before = source.count
  assert.equal(weight.isConstant, true)
  assert.equal(weight.content, undefined)
  assert.equal(source.count, before)
  assert.deepEqual(weight.slice(5, 8), original.data!.slice(5, 8))
  assert.equal(source.count, before + 12)
  assert.deepEqual(weight.data, original.data)
  assert.equal(source.count, before + 12 + original.data!.byteLength)
})

test('weights in a file beside it are read from there, as far as they are asked for', () => {
  const graph = vitGraph()
  const { model, external } = encodeModelFiles(graph, 'weights.bin')
  const beside = counting(Buffer.concat([...external!]))
  const read = readModel(model, (location) => {
    assert.equal(location, 'weights.bin')
    return beside
  })
  assert.ok(beside.count < beside.size / 3, `${beside.count} of ${beside.size} bytes were read`)
  for (const [name, value] of graph.initializers) assert.deepEqual(read.graph.initializers.get(name)!.data, value.data)
})

test('what was read is written byte for byte, without or with reading the weights at once', () => {
  const files = [encodeModel(vitGraph()), encodeModelFiles(vitGraph(), 'w').model, odd('branches'), odd('functions')]
  for (const bytes of files)
    for (const source of [bytes, counting(bytes)]) {
      const external = () => counting(new Uint8Array(2 ** 22))
      assert.equal(Buffer.compare(writeModel(readModel(source, external)), bytes), 0)
    }
})

test('pieces of a model hold one weight each, not all', () => {
  const source = counting(encodeModel(vitGraph()))
  const pieces = writeModelPieces(readModel(source))
  const before = source.count
  for (const _ of pieces) break
  assert.ok(source.count - before < 10_000)
  assert.equal(
    [...pieces].reduce((sum, piece) => sum + piece.length, 0),
    source.size,
  )
})

test('the graph with lazy weights computes the same, also after copies of it', async () => {
  const image = tensor(
    'float32',
    Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    [1, 3, 32, 32],
  )
  const { graph } = readModel(counting(encodeModel(vitGraph())))
  const { logits } = await runGraph(vitGraph(), { pixel_values: image })
  const copies = [graph, bindDimensions(graph, { batch: 1 }), rewrite(graph, () => undefined)]
  for (const copy of copies)
    assert.deepEqual((await runGraph(copy, { pixel_values: image })).logits!.data, logits!.data)
})

test('a Constant is a constant: its numbers are known, and read when they are asked for', () => {
  const graph = new Graph()
  const numbers = tensor(
    'float32',
    Array.from({ length: 9000 }, (_, i) => i),
  )
  const [weight] = graph.emit('Constant', [], { value: { kind: 'tensor', value: numbers } })
  graph.output('y', ops.add(weight!, graph.input('x', 'float32', [1])))
  const source = counting(encodeModel(graph))
  const read = readModel(source).graph.nodes[0]!.output
  assert.ok(source.count < 18_000)
  assert.equal(read.isConstant, true)
  assert.deepEqual(read.data, numbers.data)
})

test('long lists of numbers are left in the file too', () => {
  const count = 20_000
  const floats = Array.from({ length: count }, (_, i) => i / 4)
  const ints = Array.from({ length: count }, (_, i) => BigInt(i - 99))
  const initializer = [
    { name: 'floats', dataType: 1, dims: [BigInt(count)], floatData: floats },
    { name: 'ints', dataType: 7, dims: [BigInt(count)], int64Data: ints },
  ]
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { opsetImport: [{ version: 17n }], graph: { initializer } }),
  )
  const source = counting(bytes)
  const model = readModel(source)
  assert.ok(source.count < bytes.length / 2)
  const { initializers } = model.graph
  assert.deepEqual([...(initializers.get('floats')!.data as Float32Array)], floats)
  assert.deepEqual([...(initializers.get('ints')!.data as BigInt64Array)], ints)
  assert.equal(Buffer.compare(writeModel(model), bytes), 0)
})

test('an operator that does not fit its arguments is noted, and has the types that the file declares', () => {
  const type = { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: dims(2, 3) } } } }
  const node = { opType: 'MatMul', name: 'odd', input: ['x', 'x'], output: ['y'] }
  const graph = { input: [{ name: 'x', type }], node: [node], output: [{ name: 'y', type }] }
  const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { opsetImport: [{ version: 17n }], graph }))
  const model = readModel(bytes)
  assert.match(model.notes.join(), /^odd: inner sizes differ: 3 and 2/)
  assert.deepEqual(model.graph.outputs[0]!.shape, [2, 3])
})

const dims = (...sizes: number[]) =>
  sizes.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } }))

test('sizes that inference cannot tell come from the file', () => {
  const typed = (name: string, dim: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: { elemType: 7, shape: { dim: [...dims(2), { value: { case: 'dimParam' as const, value: dim } }] } },
      },
    },
  })
  const node = { opType: 'NonZero', input: ['x'], output: ['y'] }
  const graph = { input: [typed('x', 'n')], node: [node], output: [typed('y', 'found')] }
  const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { opsetImport: [{ version: 17n }], graph }))
  assert.deepEqual(readModel(bytes).graph.outputs[0]!.shape, [2, 'found'])
})

/** The file computes y = flag ? relu(x·w) + bias… from values around its branches. */
const branches = () => readModel(odd('branches')).graph

test('what branches take from around them are inputs of their node, and stay when copies leave out the rest', async () => {
  const graph = branches()
  const node = graph.nodes.find(({ op }) => op === 'If')!
  assert.equal(node.args.length, 1)
  const captured = node.subgraphs.flatMap((subgraph) => subgraph.captured)
  assert.ok(captured.length > 0)
  assert.deepEqual(
    node.inputs.slice(1).map((value) => value!.name),
    captured,
  )
  assert.ok(neededNodes(graph, graph.outputs).includes(node))
  const x = tensor(
    'float32',
    Array.from({ length: 12 }, (_, i) => i - 5),
    [3, 4],
  )
  const prefixed = new Graph({ opset: graph.opset, notes: [] })
  const mapping = new Map(
    graph.inputs.map((input) => [input, prefixed.input(`of_${input.name}`, input.dtype, input.shape)]),
  )
  const [copy] = copyNodes(graph, graph.outputs, prefixed, { mapping, prefix: 'inner/' })
  prefixed.output('z', copy!)
  for (const flag of [0, 1]) {
    const condition = tensor('bool', [flag], [])
    const { y } = await runGraph(graph, { x, flag: condition })
    const same = await runGraph(
      rewrite(graph, () => undefined),
      { x, flag: condition },
    )
    const { z } = await runGraph(prefixed, { of_x: x, of_flag: condition })
    assert.deepEqual(same.y!.data, y!.data)
    assert.deepEqual(z!.data, y!.data)
  }
})

test('functions that call themselves are refused', () => {
  const call = { opType: 'F', domain: 'own', input: ['a'], output: ['b'] }
  const bytes = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      opsetImport: [{ version: 17n }, { domain: 'own', version: 1n }],
      functions: [{ name: 'F', domain: 'own', input: ['a'], output: ['b'], node: [call] }],
      graph: {
        node: [{ ...call, attribute: [{ name: 'unused', type: AttributeType.INT, i: 1n }] }],
        input: [{ name: 'a' }],
      },
    }),
  )
  assert.throws(() => readModel(bytes), /its function F calls itself/)
})
