import assert from 'node:assert/strict'
import { test } from 'node:test'
import { float, Graph, int, ops, type Value } from '../../onnx/index.js'
import { assertPartTree } from '../../testing/part-tree.js'
import type { Part } from '../part.js'
import { everyPart } from './counts.js'
import { findParts } from './find-parts.js'

const { add, concat, gather, gelu, matMul, mul, relu, reshape, slice, softmax, split, tanh, transpose } = ops

const dim = 8

let count = 0
const weight = (x: Value, ...shape: number[]): Value =>
  x.graph.initializer(`weight_${count++}`, 'float32', shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5))

const linear = (x: Value, inFeatures: number, out: number) => add(matMul(x, weight(x, inFeatures, out)), weight(x, out))
const norm = (x: Value): Value =>
  x.graph.emit('LayerNormalization', [x, weight(x, dim), weight(x, dim)], { axis: int(-1), epsilon: float(1e-6) })[0]!
const mlp = (x: Value) => linear(gelu(linear(x, dim, 16)), 16, dim)

function attention(x: Value): Value {
  const heads = (part: Value, perm: number[]) => transpose(reshape(part, [0, 0, 2, 4]), perm)
  const [q, k, v] = split(linear(x, dim, 3 * dim), [dim, dim, dim], 2) as [Value, Value, Value]
  const scores = mul(matMul(heads(q, [0, 2, 1, 3]), heads(k, [0, 2, 3, 1])), 0.5)
  const context = transpose(matMul(softmax(scores), heads(v, [0, 2, 1, 3])), [0, 2, 1, 3])
  return linear(reshape(context, [0, 0, dim]), dim, dim)
}

type Step = (x: Value) => Value
const attended: Step = (x) => add(x, attention(norm(x)))
const layer: Step = (x) => {
  const sum = attended(x)
  return add(mlp(norm(sum)), sum)
}

/** The parts of a graph over tokens [batch, 16, 8]. */
function partsOf(...steps: Step[]): Part[] {
  const graph = new Graph({ opset: 20 })
  let x = graph.input('x', 'float32', ['batch', 16, dim])
  for (const step of steps) x = step(x)
  graph.output('y', x)
  const stages = findParts(graph)
  assertPartTree(graph, stages)
  return stages
}
const layersIn = (stages: readonly Part[]) => [...everyPart(stages)].filter(({ kind }) => kind === 'encoderLayer')
const namesIn = (part: Part) =>
  part.parts.filter(({ kind }) => kind !== 'layout').map(({ name }) => name.split('.').at(-1))

test('a layer with the norms before attention and MLP', () => {
  const stages = partsOf(layer, layer)
  assert.deepEqual(
    stages.map(({ kind }) => kind),
    ['encoder'],
  )
  const layers = layersIn(stages)
  assert.deepEqual(
    layers.map(({ name }) => name),
    ['blocks.0', 'blocks.1'],
  )
  assert.deepEqual(layers[0]!.details, { norm: 'pre', dim, heads: 2, hidden: 16 })
  assert.deepEqual(namesIn(layers[0]!), ['norm1', 'attn', 'residual1', 'norm2', 'mlp', 'residual2'])
  assert.deepEqual(layers[1]!.inputs, layers[0]!.outputs)
})

test('a layer with the norms after the sums', () => {
  const stages = partsOf((x) => {
    const first = norm(add(attention(x), x))
    return norm(add(first, mlp(first)))
  }, relu)
  const [found] = layersIn(stages)
  assert.equal(found!.details.norm, 'post')
  assert.deepEqual(namesIn(found!), ['attn', 'residual1', 'norm1', 'mlp', 'residual2', 'norm2'])
})

test('a layer with scales', () => {
  const stages = partsOf((x) => {
    const sum = add(x, mul(attention(norm(x)), weight(x, dim)))
    return add(sum, mul(weight(x, dim), mlp(norm(sum))))
  })
  const names = ['norm1', 'attn', 'ls1', 'residual1', 'norm2', 'mlp', 'ls2', 'residual2']
  assert.deepEqual(namesIn(layersIn(stages)[0]!), names)
})

test('something else between two layers stays in the encoder, and is no layer', () => {
  const stages = partsOf(layer, (x) => add(x, mul(tanh(norm(x)), norm(x))), layer)
  assert.deepEqual(
    stages.map(({ kind }) => kind),
    ['encoder'],
  )
  assert.equal(layersIn(stages).length, 2)
  const others = stages[0]!.parts.filter(({ kind }) => kind !== 'encoderLayer').map(({ kind }) => kind)
  assert.deepEqual(others.sort(), ['activation', 'layerNorm', 'layerNorm', 'other', 'other'])
})

test('a layer among windows, and among shifted windows', () => {
  const [side, window] = [4, 2]
  const grid = (x: Value) => reshape(x, [-1, side, side, dim])
  const fold = (x: Value, from: number[], to: number[]) => reshape(transpose(reshape(x, from), [0, 1, 3, 2, 4, 5]), to)
  const half = side / window
  const windowed: Step = (x) =>
    fold(
      attention(fold(x, [-1, half, window, half, window, dim], [-1, window * window, dim])),
      [-1, half, half, window, window, dim],
      [-1, side, side, dim],
    )
  const roll = (x: Value, by: number) =>
    [1, 2].reduce(
      (rolled, axis) => concat([slice(rolled, [by], [side], [axis]), slice(rolled, [0], [by], [axis])], axis),
      x,
    )
  const stages = partsOf(
    grid,
    (x) => add(x, windowed(norm(x))),
    (x) => add(x, mlp(norm(x))),
    (x) => add(x, roll(windowed(roll(norm(x), 1)), 3)),
    (x) => reshape(x, [-1, side * side, dim]),
    (x) => add(x, mlp(norm(x))),
  )
  assert.equal(layersIn(stages).length, 2)
  const attentions = [...everyPart(stages)].filter(({ kind }) => kind === 'attention')
  assert.deepEqual(
    attentions.map(({ details }) => details.windows),
    [true, true],
  )
})

test('two towers: the one over pixels is the encoder, and the other one is in what follows', () => {
  const graph = new Graph({ opset: 20 })
  const pixels = graph.input('pixels', 'float32', ['batch', 3, 8, 8])
  const words = graph.input('words', 'float32', ['batch', 5, dim])
  const patches = ops.conv(pixels, weight(pixels, dim, 3, 2, 2), undefined, [2, 2])
  const picture = layer(transpose(reshape(patches, [0, dim, 16]), [0, 2, 1]))
  const text = layer(layer(words))
  graph.output('y', matMul(gather(text, 0, 1), transpose(gather(picture, 0, 1), [1, 0])))
  const stages = findParts(graph)
  assertPartTree(graph, stages)
  const [, encoder, postprocessing] = stages
  assert.deepEqual(
    layersIn([encoder!]).map(({ name }) => name),
    ['blocks.0'],
  )
  assert.deepEqual(
    layersIn([postprocessing!]).map(({ name }) => name),
    ['encoder2.blocks.0', 'encoder2.blocks.1'],
  )
})

const noLayers: Record<string, Step> = {
  'a sum with something else than what went in': (x) => {
    const sum = add(tanh(x), attention(norm(x)))
    return add(sum, mlp(norm(sum)))
  },
  'a norm of something else': (x) => {
    const sum = add(x, attention(norm(tanh(x))))
    return add(sum, mlp(norm(sum)))
  },
  'an MLP that is given something else': (x) => {
    const sum = attended(x)
    return add(sum, mlp(norm(x)))
  },
  'no sum around the MLP': (x) => mlp(norm(attended(x))),
  'attention alone': attended,
  'MLPs alone': (x) => add(x, mlp(norm(x))),
  'an MLP of another width': (x) => linear(gelu(linear(attended(x), dim, 16)), 16, 12),
}
for (const [what, build] of Object.entries(noLayers))
  test(`no layer: ${what}`, () => assert.deepEqual(layersIn(partsOf(build)), []))
