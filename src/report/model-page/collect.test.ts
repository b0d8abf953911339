import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readModel, understand } from '../../inspect/index.js'
import { ViT } from '../../nn/index.js'
import { Graph, int } from '../../onnx/index.js'
import { collect } from './collect.js'
import type { PageData } from './page-data.js'

const vit = new ViT({ imageSize: 16, patchSize: 8, numClasses: 3, embedDim: 24, depth: 3, numHeads: 2 })
const graph = vit.build(new Graph({ opset: 16 }))
const page = collect(graph, { understanding: understand(graph) })
const text = (index: number, { strings }: PageData = page) => strings[index]!

/** The children of all parts in all. */
const childrenIn = ({ parts }: PageData) => parts.flatMap(({ children }) => children)

test('every node is in one part, and every part but the model too', () => {
  const folder = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url))
  const odd = readdirSync(`${folder}odd-onnx`).filter((name) => name.endsWith('.onnx'))
  const exported = ['hf-vit_torchscript_opset14_no-dynamic', 'timm-dinov2-registers_dynamo_opset18_stripped']
  for (const file of [...odd.map((name) => `odd-onnx/${name}`), ...exported.map((name) => `onnx/${name}.onnx`)]) {
    const model = readModel(readFileSync(folder + file))
    const data = collect(model.graph, { understanding: understand(model.graph) })
    const children = childrenIn(data)
    const computing = model.graph.nodes.filter((node) => !node.constant)
    assert.equal(new Set(children).size, children.length, file)
    assert.equal(children.filter((child) => child < 0).length, computing.length, file)
    assert.equal(children.filter((child) => child >= 0).length, data.parts.length - 1, file)
    assert.deepEqual(
      computing.map(({ op }) => op),
      data.nodes.map(([op]) => text(op, data)),
      file,
    )
  }
})

test('parameters, work and times add up', () => {
  const measured = new Map(graph.nodes.map((node, i) => [node, i]))
  const { parts } = collect(graph, { understanding: understand(graph), measured })
  const [model] = parts
  assert.equal(model!.parameters, vit.parameterCount)
  assert.equal(model!.microseconds, (graph.nodes.length * (graph.nodes.length - 1)) / 2)
  for (const key of ['macs', 'microseconds'] as const)
    assert.equal(
      model!.children.reduce((sum, child) => sum + parts[child]![key], 0),
      model![key],
    )
})

test('equal blocks share their drawings', () => {
  const blocks = page.parts.filter(({ kind }) => text(kind) === 'encoderLayer')
  assert.equal(blocks.length, 3)
  assert.equal(new Set(blocks.map(({ layout }) => layout)).size, 1)
  assert.deepEqual(
    blocks.map(({ title }) => text(title)),
    ['Block 0', 'Block 1', 'Block 2'],
  )
})

test('boxes do not overlap, and arrows end at them', () => {
  for (const { boxes, edges, width, height } of page.layouts) {
    for (const [i, [x, y, w, h]] of boxes.entries()) {
      assert.ok(x - w / 2 >= 0 && x + w / 2 <= width && y - h / 2 >= 0 && y + h / 2 <= height)
      for (const [otherX, otherY, otherW, otherH] of boxes.slice(i + 1))
        assert.ok(Math.abs(x - otherX) >= (w + otherW) / 2 || Math.abs(y - otherY) >= (h + otherH) / 2)
    }
    for (const [from, to, , , , , , points] of edges) {
      const isAt = (box: number, x: number, y: number) => {
        const [middleX, middleY, w, h] = boxes[box]!
        return Math.abs(x - middleX) <= w / 2 + 1 && Math.abs(y - middleY) <= h / 2 + 1
      }
      if (from >= 0) assert.ok(isAt(from, points[0]!, points[1]!))
      if (to >= 0) assert.ok(isAt(to, points.at(-2)!, points.at(-1)!))
    }
  }
})

test('long lists are cut into pieces that can be drawn', () => {
  const chain = new Graph()
  let value = chain.input('x', 'float32', ['batch', 4])
  for (let i = 0; i < 3000; i++) value = chain.emit('Neg', [value])[0]!
  chain.output('y', value)
  const data = collect(chain, { understanding: { ...understand(new Graph()), stages: [] } })
  assert.ok(Math.max(...data.parts.map(({ children }) => children.length)) <= 200)
  assert.equal(childrenIn(data).filter((child) => child < 0).length, 3000)
})

test('the page shows attributes and shapes as the file has them', () => {
  const small = new Graph()
  const [y] = small.emit('Transpose', [small.input('x', 'float32', ['batch', 4])], {
    perm: { kind: 'ints', value: [1, 0] },
    extra: int(3),
  })
  small.output('y', y!)
  const data = collect(small, { understanding: understand(small) })
  const [, , , attributes, inputs, outputs] = data.nodes[0]!
  assert.deepEqual(
    data.attributes[attributes]!.map(([name, value]) => [text(name, data), text(value, data)]),
    [
      ['perm', '[1, 0]'],
      ['extra', '3'],
    ],
  )
  const shapeOf = (value: number) => text(data.values[value]![2], data)
  assert.equal(shapeOf(inputs[0]!), '[batch, 4]')
  assert.equal(shapeOf(outputs[0]!), '[4, batch]')
})
