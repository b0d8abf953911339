import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { everyPart, type Part, type PartKind, readModel, understand } from '../../inspect/index.js'
import { Node } from '../../onnx/index.js'
import { formulaOf, formulasInMathml } from './formulas.js'
import { termsOf } from './terms.js'

const folder = fileURLToPath(new URL('../../../test/fixtures/onnx/', import.meta.url))

const partsOf = (file: string): Part[] => [
  ...everyPart(understand(readModel(readFileSync(folder + file)).graph).stages),
]

/** The terms of the first part of a kind, by its nodes' operators in the order of the graph. */
function termsIn(file: string, kind: PartKind): [op: string, term: string | undefined][] {
  const part = partsOf(file).find((candidate) => candidate.kind === kind)!
  const terms = termsOf(part)
  return part.nodes.map((node) => [node.op, terms.get(node)])
}

test('each of the nine nodes of a LayerNorm computes its term', () => {
  assert.deepEqual(termsIn('hf-vit_torchscript_opset14_no-dynamic.onnx', 'layerNorm'), [
    ['ReduceMean', 'mean'],
    ['Sub', 'centre'],
    ['Pow', 'square'],
    ['ReduceMean', 'variance'],
    ['Add', 'epsilon'],
    ['Sqrt', 'root'],
    ['Div', 'divide'],
    ['Mul', 'weight'],
    ['Add', 'bias'],
  ])
})

test('each of the five nodes of an exact GELU computes its term', () => {
  assert.deepEqual(termsIn('hf-vit_torchscript_opset14_no-dynamic.onnx', 'gelu'), [
    ['Div', 'scaled'],
    ['Erf', 'erf'],
    ['Add', 'plusOne'],
    ['Mul', 'product'],
    ['Mul', 'half'],
  ])
})

test('the tanh form of GELU', () => {
  const terms = termsIn('hf-siglip-vision_dynamo_opset18_stripped.onnx', 'gelu').map(([, term]) => term)
  for (const term of ['cube', 'cubicFactor', 'cubic', 'scaled', 'tanh', 'plusOne', 'product', 'half'])
    assert.ok(terms.includes(term), term)
})

test('queries, keys and values are found in the formula of attention', () => {
  const terms = new Map(termsIn('hf-vit_torchscript_opset14_no-dynamic.onnx', 'scaledDotProduct').reverse())
  assert.equal(terms.get('Softmax'), 'softmax')
  assert.equal(terms.get('MatMul'), 'scores')
  const attention = partsOf('hf-vit_torchscript_opset14_no-dynamic.onnx').find(({ kind }) => kind === 'attention')!
  assert.deepEqual([...termsOf(attention).values()].sort(), ['dot', 'k', 'proj', 'q', 'v'])
})

test('every term that is given is in the formula', () => {
  for (const file of ['hf-vit_torchscript_opset14_no-dynamic.onnx', 'timm-dinov2-giant_torchscript_opset17.onnx'])
    for (const part of partsOf(file)) {
      const formula = formulasInMathml[formulaOf(part) ?? ''] ?? ''
      for (const [item, term] of termsOf(part)) {
        if (!formula) continue
        const what = `${part.kind} ${item instanceof Node ? item.op : item.kind}: ${term}`
        assert.ok(formula.includes(`data-term="${term}"`), what)
      }
    }
})
