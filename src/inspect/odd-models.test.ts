import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type DType, decodeModel, encodeModel, readModel, tensor, writeModel } from '../onnx/index.js'
import { renderModelPage } from '../report/model-page/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Tensors } from '../runtime/session.js'
import { runModel } from '../testing/run-graph.js'
import { understand } from './index.js'
import { formatInspection } from './inspection/format-inspection.js'
import { inspectModel } from './inspection/inspect-model.js'
import { optimize } from './optimize/index.js'
import { everyPart } from './understand/counts.js'

/** What tools/make-odd-onnx-fixtures.py writes beside the models. */
interface Expected {
  /** After functions are inlined. */
  nodes: number
  /** Of the outputs; null is a size that onnx does not know. */
  shapes: Record<string, (number | string | null)[]>
  /** Whether ONNX Runtime runs it. */
  runtime?: boolean
  inputs?: Record<string, Described | Described[]>
  outputs?: Record<string, Described | Described[]>
}

interface Described {
  dtype: string
  shape: number[]
  values: (number | string | boolean)[]
}

const folder = fileURLToPath(new URL('../../test/fixtures/odd-onnx/', import.meta.url))
const expected: Record<string, Expected> = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8'))
const read = (name: string) => new Uint8Array(readFileSync(`${folder}${name}.onnx`))

test('every odd fixture is described', () => {
  const names = readdirSync(folder).filter((file) => file.endsWith('.onnx'))
  assert.deepEqual(
    names.sort(),
    Object.keys(expected)
      .map((name) => `${name}.onnx`)
      .sort(),
  )
})

for (const [name, { nodes, shapes }] of Object.entries(expected))
  test(`${name} is read, explained and written`, () => {
    const bytes = read(name)
    const model = readModel(bytes)
    assert.equal(model.graph.nodes.length, nodes)
    for (const output of model.graph.outputs) agree(output.isTyped ? output.shape : undefined, shapes[output.name])
    const understanding = understand(model.graph)
    const inParts = new Set([...everyPart(understanding.stages)].flatMap((part) => part.nodes))
    const inspection = inspectModel(model, { understanding })
    for (const [i, node] of model.graph.nodes.entries())
      assert.equal(inParts.has(node), !inspection.nodes[i]!.isConstant, `${node.op} ${node.name}`)
    assert.match(formatInspection(inspection), /\S/)
    assert.deepEqual(JSON.parse(JSON.stringify(inspection)).nodes.length, nodes)
    renderModelPage(model, { understanding }, { title: name, createdAt: '', script: '' })
    assert.equal(Buffer.compare(writeModel(model), bytes), 0)
  })

/** Sizes that onnx knows are the same here, where they are known here. */
function agree(shape: readonly (number | string)[] | undefined, known: Expected['shapes'][string] | undefined) {
  if (!shape || !known) return
  assert.equal(shape.length, known.length)
  for (const [i, size] of known.entries()) if (typeof size === 'number') assert.equal(shape[i], size)
}

// What else is in these files is no tensor of numbers, which sessions here take and give.
const runnable = Object.entries(expected).filter(
  ([name, { runtime, inputs, outputs }]) =>
    runtime &&
    readModel(read(name)).graph.inputs.every(({ isTyped }) => isTyped) &&
    [inputs, outputs].every((side) => Object.values(side!).every(isPlain)),
)

for (const [name, { inputs, outputs }] of runnable)
  test(`${name} computes the same after it was optimised`, async () => {
    const { graph } = readModel(read(name))
    const before = graph.nodes.length
    const feeds = tensorsOf(inputs!)
    close(await runModel(encodeModel(graph), feeds), outputs!)
    const optimized = await optimize(graph, { runtime: inlineRuntime })
    assert.ok(optimized.graph.nodes.length <= before)
    close(await runModel(encodeModel(optimized.graph), feeds), outputs!)
  })

test('what is no file to train on is refused in one sentence', () => {
  for (const name of ['sequence-input', 'map-input', 'optional-input'])
    assert.throws(() => decodeModel(read(name)), /its input \w+ is not a tensor/)
})

function isPlain(item: Described | Described[]): item is Described {
  return !Array.isArray(item) && /^(float32|int64|bool)$/.test(item.dtype)
}

const tensorsOf = (items: Record<string, Described | Described[]>): Tensors =>
  Object.fromEntries(
    Object.entries(items).map(([name, item]) => {
      const { dtype, values, shape } = item as Described
      return [name, tensor(dtype as DType, values.map(Number), shape)]
    }),
  )

function close(actual: Tensors, wanted: Record<string, Described | Described[]>) {
  for (const [name, item] of Object.entries(wanted)) {
    const { shape, values } = item as Described
    assert.deepEqual(actual[name]!.shape, shape)
    const found = Array.from(actual[name]!.data as ArrayLike<number | bigint>, Number)
    for (const [i, value] of values.entries())
      assert.ok(Math.abs(found[i]! - Number(value)) <= 1e-5 * Math.max(1, Math.abs(Number(value))), `${name}[${i}]`)
  }
}
