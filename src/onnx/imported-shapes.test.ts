import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  type Attribute,
  type Attributes,
  bindDim,
  type Dim,
  type DType,
  Graph,
  int,
  Node,
  tensor,
  type Value,
} from './index.js'
import { importedSchemas } from './schemas.js'

type Type = [dtype: DType, shape: number[], elements?: number[]]

/** A node with the types that it takes and gives, as tools/make-operator-shape-fixtures.py found them. */
interface Case {
  op: string
  domain?: string
  opset: number
  attributes: Record<string, [Attribute['kind'], never]>
  inputs: (Type | null)[]
  outputs: (Type | null)[]
}

const url = new URL('../../test/fixtures/operator-shapes.json', import.meta.url)
const cases: Case[] = JSON.parse(readFileSync(url, 'utf8'))

const attributesOf = ({ attributes }: Case): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, [kind, value]]) => [name, { kind, value } as Attribute]))

/** The node's outputs; `inputOf` makes each of its inputs. */
function infer(item: Case, graph: Graph, inputOf: (type: Type, name: string) => Value) {
  const inputs = item.inputs.map((type, i) => (type ? inputOf(type, `x${i}`) : undefined))
  const node = new Node(graph, item.op, '', inputs, attributesOf(item), item.domain)
  return graph.append(
    node,
    item.outputs.map((type, i) => (type ? `y${i}` : '')),
  )
}

const isSymbol = (dim: Dim) => typeof dim === 'string'

const nameOf = ({ domain, op }: Case) => (domain ? `${domain} ${op}` : op)

/** Whether sizes depend on numbers that the runtime alone knows, or that these cases do not give. */
const isOpen = ({ op }: Case) => /^(Compress|NonMaxSuppression|NonZero|Range|Unique)$/.test(op)

for (const name of new Set(cases.map(nameOf)))
  test(`shapes of ${name} are as its reference computes them`, () => {
    for (const item of cases.filter((other) => nameOf(other) === name)) {
      const graph = new Graph({ opset: item.opset })
      const outputs = infer(item, graph, ([dtype, shape, elements], input) =>
        elements
          ? graph.initializer(input, dtype, shape, tensor(dtype, elements, shape).data)
          : graph.input(input, dtype, shape),
      )
      for (const [i, expected] of item.outputs.entries()) {
        if (!expected) continue
        const { dtype, shape } = outputs[i]!
        const sizes = isOpen(item) ? shape.map((dim, axis) => (isSymbol(dim) ? dim : expected[1][axis])) : expected[1]
        assert.deepEqual([dtype, shape], [expected[0], sizes], JSON.stringify(item))
      }
    }
  })

test('with a first axis of any size, shapes are the same once it is bound, or not known', () => {
  let known = 0
  for (const item of cases) {
    const first = item.inputs.find((type) => type && type[1].length > 1)?.[1][0]
    if (!first) continue
    const graph = new Graph({ opset: item.opset, notes: [] })
    const outputs = infer(item, graph, ([dtype, shape, elements], name) => {
      if (elements) return graph.initializer(name, dtype, shape, tensor(dtype, elements, shape).data)
      return graph.input(name, dtype, shape.length > 1 && shape[0] === first ? ['batch', ...shape.slice(1)] : shape)
    })
    for (const [i, expected] of item.outputs.entries()) {
      if (!expected || !outputs[i]!.isTyped) continue
      const sizes: Dim[] = outputs[i]!.shape.map((dim): Dim => bindDim(dim, { batch: first }))
      known += Number(!sizes.some(isSymbol))
      for (const [axis, size] of sizes.entries())
        assert.ok(isSymbol(size) || size === expected[1][axis], `${JSON.stringify(item)}: ${sizes}`)
      assert.equal(sizes.length, expected[1].length, JSON.stringify(item))
    }
  }
  assert.ok(known > 350, `${known}`)
})

/** Subgraphs are tried with whole files, random numbers have no reference, and the rest gives what its first input is. */
const withoutCase = 'BitCast CastLike GlobalLpPool If Loop Multinomial RandomNormal RandomNormalLike RandomUniform '
  .concat('RandomUniformLike Scan SequenceLength SimplifiedLayerNormalization')
  .split(' ')

test('every operator that is read has a case, or is known to have none', () => {
  const covered = new Set(cases.flatMap(({ domain, op }) => (domain ? [] : [op])))
  const missing = Object.keys(importedSchemas).filter((op) => !covered.has(op))
  assert.deepEqual(missing.sort(), withoutCase)
})

test('older forms of operators: what is an input today was an attribute', () => {
  const graph = new Graph({ opset: 7 })
  const x = graph.input('x', 'float32', ['batch', 3, 8, 8])
  const ints = (value: number[]): Attribute => ({ kind: 'ints', value })
  const shapeOf = (op: string, attributes: Attributes) => graph.emit(op, [x], attributes)[0]!.shape
  assert.deepEqual(shapeOf('Slice', { starts: ints([1]), ends: ints([-1]), axes: ints([2]) }), ['batch', 3, 6, 8])
  assert.deepEqual(shapeOf('Pad', { pads: ints([0, 0, 1, 1, 0, 0, 1, 1]) }), ['batch', 3, 10, 10])
  assert.deepEqual(shapeOf('TopK', { k: int(2), axis: int(1) }), ['batch', 2, 8, 8])
  const scales: Attribute = { kind: 'floats', value: [1, 1, 2, 2] }
  assert.deepEqual(shapeOf('Upsample', { scales }), ['batch', 3, 16, 16])
})
