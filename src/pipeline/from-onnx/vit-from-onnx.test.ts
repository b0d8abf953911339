import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ViT, type ViTConfig } from '../../nn/index.js'
import {
  bindDimensions,
  elementCount,
  encodeModel,
  Graph,
  int,
  ops,
  readModel,
  rewrite,
  type Value,
} from '../../onnx/index.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import { loadFamily, relativeError } from '../../testing/families.js'
import {
  importedInput,
  importedModels,
  importedOutputs,
  readImported,
  skipImported,
} from '../../testing/imported-models.js'
import { isViT, loadExports, rebuiltError } from '../../testing/onnx-exports.js'
import { runGraph } from '../../testing/run-graph.js'
import { inferenceGraph } from '../model.js'
import { vitFromOnnx } from './vit-from-onnx.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const families = `${root}test/fixtures/families`

/** Between them they have every option of a config that a graph tells. */
const tested = [
  'big-vision-map',
  'hf-clip-vision',
  'hf-dinov2-registers-classifier',
  'hf-vit-options',
  'hf-vit-pooler',
  'pth-pre-logits',
  'timm-clip-quickgelu',
  'timm-deit-distilled',
  'timm-dinov2-giant',
  'timm-siglip-tanh',
  'timm-vit-four-channels',
  'timm-vit-gap',
  'timm-vit-no-head',
  'timm-vit-qk-norm',
  'timm-vit-registers',
]

/** Writes a graph as a file and rebuilds the ViT in it. */
function rebuild(graph: Graph) {
  const model = encodeModel(graph)
  return vitFromOnnx('model.onnx', { model, externalData: {}, graph: readModel(model).graph }, inlineRuntime)
}

test('models of every family come back from ONNX with every weight', async (t) => {
  const opsets = [13, 17, 20, 22]
  for (const [i, name] of tested.entries())
    await t.test(name, async () => {
      const { model } = await loadFamily(join(families, name))
      const graph = inferenceGraph(model, { opset: opsets[i % opsets.length]! })
      const { vit, difference, notes } = await rebuild(graph)
      assert.deepEqual(told(vit.config), told(model.vit.config))
      assert.deepEqual([...vit.parameters.keys()].sort(), [...model.vit.parameters.keys()].sort())
      for (const [name, { data }] of vit.parameters) assert.deepEqual(data, model.vit.parameters.get(name)!.data, name)
      assert.ok(difference < 1e-5)
      assert.deepEqual(notes, [])
    })
})

const exports = loadExports(`${root}test/fixtures/onnx`)

for (const truth of exports.files.filter(isViT))
  test(`${truth.file} is rebuilt with the outputs of its source`, async () => {
    // Weights of 16 bits are rounded ones.
    assert.ok((await rebuiltError(exports.folder, truth)) < (truth.after.includes('fp16') ? 1e-2 : 1e-4))
  })

for (const file of importedModels)
  test(`${file} is rebuilt with the outputs that PyTorch gave`, { skip: skipImported }, async () => {
    const { vit } = await rebuild(readImported(file))
    const { logits } = await runGraph(vit.build(new Graph()), { pixel_values: importedInput() })
    assert.ok(relativeError(Array.from(logits!.data as Float32Array), importedOutputs(file)) < 1e-5)
  })

const small: Partial<ViTConfig> = { imageSize: 16, patchSize: 8, embedDim: 12, depth: 3, numHeads: 2, numClasses: 5 }

test('the probabilities of a Softmax behind the head are compared as such', async () => {
  const graph = withBehind((logits) => ops.softmax(logits))
  const { notes, difference } = await rebuild(graph)
  assert.deepEqual(notes, ['it gives probabilities: a Softmax follows the head'])
  assert.ok(difference < 1e-5)
})

test('what is no ViT that Vitrine has is refused for the right reason', async () => {
  const cases: [Graph, RegExp][] = [
    [
      network((x) => ops.relu(ops.conv(x, weight(x, [4, 3, 3, 3]), undefined, [1, 1]))),
      /^model.onnx is no Vision Transformer that can be rebuilt: a convolutional network/,
    ],
    [
      network((x) => ops.matMul(ops.reshape(x, [1, 768]), weight(x, [768, 5]))),
      /is no Vision Transformer that can be rebuilt/,
    ],
    [withBehind((logits) => ops.mul(logits, 2)), /is not quite a Vision Transformer that Vitrine has: there is a Mul/],
    [
      changed('Gelu', (x) => ops.relu(x)),
      /is not quite a Vision Transformer that Vitrine has: its MLPs have the activation relu/,
    ],
    [withoutWeights(), /holds no weights but takes them as inputs/],
    [quantised(), /has quantised weights \(DequantizeLinear\), which a model cannot be rebuilt from/],
  ]
  for (const [graph, message] of cases) await assert.rejects(rebuild(graph), { name: 'UserError', message })
})

test('a model that looks like a ViT but computes something else is refused, and told where', async () => {
  // Keys in place of queries, in the second of three blocks: every shape stays as it was.
  const graph = rewrite(new ViT(small).build(new Graph()), (node) =>
    node.op === 'Split' && node.name.includes('layers.1')
      ? { inputs: [node.input(0)], emit: ([x]) => [1, 0, 2].map((i) => ops.split(x!, [12, 12, 12], 2)[i]!) }
      : undefined,
  )
  await assert.rejects(rebuild(graph), {
    name: 'UserError',
    message: /its outputs differ by \S+ of the largest from those of .*, from block 1 on$/,
  })
})

function withBehind(change: (logits: Value) => Value): Graph {
  const graph = new Graph()
  const vit = new ViT(small)
  graph.output('scores', change(vit.forward(graph.input('pixels', 'float32', ['batch', 3, 16, 16]))))
  return graph
}

/** A small ViT in which every node with this operator computes something else. */
function changed(op: string, emit: (x: Value) => Value): Graph {
  return rewrite(new ViT(small).build(new Graph()), (node) =>
    node.op === op ? { inputs: [node.input(0)], emit: ([x]) => [emit(x!)] } : undefined,
  )
}

const withoutWeights = () => bindDimensions(new ViT(small).build(new Graph()), {}, { promote: ({ rank }) => rank >= 1 })

function quantised(): Graph {
  return rewrite(new ViT(small).build(new Graph()), (node) => {
    if (node.op !== 'Gemm') return undefined
    return {
      inputs: [node.input(0)],
      emit: ([x]) => {
        const [rows, columns] = node.input(1).shape as number[]
        const numbers = x!.graph.initializer(
          `${node.name}.int8`,
          'int8',
          [rows!, columns!],
          new Int8Array(rows! * columns!),
        )
        const scale = x!.graph.constant('float32', 0.1)
        const [wide] = x!.graph.emit('DequantizeLinear', [numbers, scale])
        return x!.graph.emit('Gemm', [x, wide], { transB: int(1) })
      },
    }
  })
}

function network(body: (x: Value) => Value): Graph {
  const graph = new Graph()
  graph.output('y', body(graph.input('x', 'float32', [1, 3, 16, 16])))
  return graph
}

function weight({ graph }: Value, shape: number[]): Value {
  const count = elementCount(shape)
  const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i * i) + 0.1)
  return graph.initializer(`weight ${shape.join(' ')} ${graph.initializers.size}`, 'float32', shape, data)
}

/** What a graph tells of a config: not what only matters while training, and only whether there is LayerScale. */
function told({ dropout, attentionDropout, dropPath, initialization, initValues, ...config }: ViTConfig) {
  return { ...config, layerScale: initValues > 0 }
}
