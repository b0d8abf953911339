import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { preset, ViT } from '../../nn/index.js'
import { encodeModel, Graph, int, ints, Node, readModel } from '../../onnx/index.js'
import { formatInspection, inspectModel } from '../index.js'
import { summarize } from '../summary.js'
import { describeArchitecture } from './architecture.js'
import { sumByOperator } from './operators.js'

const tiny = { imageSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 4, numClasses: 5 }

const inspectViT = (options = {}, batch?: number) => {
  const graph = new ViT({ ...tiny, ...options }, 1).build(new Graph({ opset: 17 }))
  return inspectModel(readModel(encodeModel(graph)), { path: 'tiny.onnx', ...(batch && { batch }) })
}

test('parameters and MACs are those of the layer table, which counts the layers of the model', () => {
  const vit = new ViT(tiny, 1)
  const { model } = summarize(vit)
  const { totals, stages } = inspectViT()
  assert.equal(totals.parameters, vit.parameterCount)
  assert.equal(totals.macs, model.macs)
  assert.equal(totals.unknownCosts, 0)
  assert.equal(
    stages.reduce((sum, { parameters }) => sum + parameters, 0),
    vit.parameterCount,
  )
})

test('the batch multiplies work and activations', () => {
  const [one, four] = [inspectViT().totals, inspectViT({}, 4).totals]
  assert.equal(four.macs, 4 * one.macs!)
  assert.equal(four.activationBytes, 4 * one.activationBytes)
  assert.equal(four.peakActivationBytes, 4 * one.peakActivationBytes)
})

test('ViT-B/16 of the notes: its sizes, without its weights being drawn', () => {
  const graph = new Graph({ opset: 13 })
  const vit = new ViT({ ...preset('vit_base_patch16_224')!, depth: 2 }, 1)
  const { totals } = inspectModel(readModel(encodeModel(vit.build(graph))))
  assert.equal(totals.parameters, 86_567_656 - 10 * 7_087_872)
})

test('every node is in one part or a constant, and parts hold the nodes of those inside', () => {
  const { nodes, stages } = inspectViT()
  for (const { isConstant, part, name } of nodes) assert.equal(part === undefined, isConstant, name)
  const all = stages.flatMap(({ nodes }) => nodes)
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    nodes.flatMap(({ isConstant }, i) => (isConstant ? [] : [i])),
  )
  const plain = JSON.parse(JSON.stringify(stages))
  assert.deepEqual(plain, stages)
})

test('the text tells the architecture, folds equal layers and fits the terminal', () => {
  const text = formatInspection(inspectViT(), { width: 80 })
  assert.match(text, /^file +tiny\.onnx\n/)
  assert.match(text, /patch 8 × 8 of 32 × 32 → 16 tokens \+ class token/)
  assert.match(text, /encoder +3 layers: pre-norm, dim 48, 4 heads of 12, MLP 192 with GELU \(erf\)\n/)
  assert.match(text, /GELU +3, erf, written as 5 nodes each\n/)
  assert.match(text, /\n {2}blocks\.0 – 2 \(3 ×\) .* 28,272 /)
  assert.doesNotMatch(text, /blocks\.1/)
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line)
})

test('a wide terminal shows all operators of a norm, a narrow one their number', () => {
  const graph = new ViT(tiny, 1).build(new Graph({ opset: 13 }))
  const inspection = inspectModel(readModel(encodeModel(graph)))
  assert.match(formatInspection(inspection, { width: 160 }), /norm1 LayerNorm +ReduceMean Sub .*Sqrt Div Mul Add /)
  assert.match(formatInspection(inspection, { width: 80 }), /norm1 LayerNorm +9 nodes /)
})

/** Pixels through a convolution with `channels` outputs, then a mean over each. */
function convolution(batch: number | string): Graph {
  const graph = new Graph({ opset: 17 })
  const x = graph.input('x', 'float32', [batch, 3, 8, 8])
  const weight = graph.initializer('weight', 'float32', [4, 3, 3, 3], new Float32Array(108))
  const [y] = graph.emit('Conv', [x, weight], { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) })
  const [pooled] = graph.emit('GlobalAveragePool', [y!])
  graph.output('y', graph.emit('Flatten', [pooled!], { axis: int(1) })[0]!)
  return graph
}

test('what is no transformer is told by its operators and weights', () => {
  const inspection = inspectModel(readModel(encodeModel(convolution('n'))))
  assert.equal(inspection.totals.macs, 4 * 8 * 8 * 3 * 3 * 3)
  assert.deepEqual(
    sumByOperator(inspection.nodes).map(({ op, count, macs }) => [op, count, macs]),
    [
      ['Conv', 1, 6912],
      ['Flatten', 1, 0],
      ['GlobalAveragePool', 1, 0],
    ],
  )
  const text = formatInspection(inspection)
  assert.match(text, /Conv +1 +108 +6\.91 k +100\.0 %/)
  assert.match(text, /weight +Conv +float32\[4, 3, 3, 3\] +108/)
})

test('results are freed after their last use: the peak is what two of them take', () => {
  const { totals } = inspectModel(readModel(encodeModel(convolution(1))))
  // The convolution's [1, 4, 8, 8] is still there while [1, 4, 1, 1] is computed; Flatten is a view.
  assert.deepEqual([totals.activationBytes, totals.peakActivationBytes], [4 * (256 + 4), 4 * (256 + 4)])
})

test('an operator that nobody knows is told, and no cost is made up', () => {
  const graph = new Graph({ opset: 17 })
  graph.domains.set('example', 1)
  const x = graph.input('x', 'float32', ['n', 4])
  const [unknown] = graph.append(new Node(graph, 'Mystery', '', [x], {}, 'example'), ['unknown'])
  graph.output('y', graph.append(new Node(graph, 'Relu', '', [unknown!], {}), ['y_'])[0]!)
  const model = {
    graph,
    proto: {} as never,
    irVersion: 9,
    producer: '',
    opsets: new Map([['', 17]]),
    metadata: new Map(),
    notes: [],
  }
  const inspection = inspectModel(model)
  assert.deepEqual(
    inspection.nodes.map(({ bytes }) => bytes),
    [null, null],
  )
  assert.equal(inspection.totals.unknownCosts, 2)
  assert.match(formatInspection(inspection), /what 2 nodes take is not known/)
})

/** Written by tools/make-onnx-corpus.py --fixtures. */
const fixtures = new URL('../../../test/fixtures/onnx/', import.meta.url)
const { files } = JSON.parse(readFileSync(new URL('manifest.json', fixtures), 'utf8'))

test('what is told of the exports of other programs is what they were made from, within 80 columns', () => {
  for (const { file, config, counts } of files.filter((truth: { config?: unknown }) => truth.config)) {
    const inspection = inspectModel(readModel(readFileSync(new URL(file, fixtures))))
    const { depth, embedDim, numHeads, patchSize, imageSize } = config
    const told = Object.fromEntries(describeArchitecture(inspection))
    const heads = `${numHeads} heads of ${embedDim / numHeads},`
    assert.match(told.encoder!, new RegExp(`^${depth} layers?: .*dim ${embedDim}, ${heads}`), file)
    const patches = Math.floor(imageSize / patchSize) ** 2
    const start = `patch ${patchSize} × ${patchSize} of ${imageSize} × ${imageSize} → ${patches} tokens`
    assert.ok(told.tokens!.startsWith(start), `${file}: ${told.tokens}`)
    // Forms of attention that differ are counted apart: `2, …; 1, …`.
    const attentions = told.attention!.split('; ').map((form) => Number.parseInt(form, 10))
    assert.equal(
      attentions.reduce((sum, count) => sum + count, 0),
      counts.attention,
      file,
    )
    assert.equal(inspection.totals.unknownCosts, 0, file)
    const long = formatInspection(inspection, { width: 80 })
      .split('\n')
      .filter((line) => line.length > 80)
    assert.deepEqual(long, [], file)
  }
})
