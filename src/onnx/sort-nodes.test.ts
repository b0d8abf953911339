import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { AttributeProtoSchema, GraphProtoSchema, type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { sortNodes } from './sort-nodes.js'

const node = (name: string, input: string[], output: string[]) => create(NodeProtoSchema, { name, input, output })
const names = (nodes: readonly NodeProto[]) => nodes.map(({ name }) => name)

test('nodes in order stay as they are', () => {
  const nodes = [node('a', ['x'], ['1']), node('b', ['1', ''], ['2'])]
  assert.equal(sortNodes(nodes), nodes)
})

test('each node comes after what it uses, and otherwise in the order of the file', () => {
  const nodes = [
    node('d', ['1', '3'], ['4']),
    node('a', ['x'], ['1']),
    node('c', ['2'], ['3']),
    node('b', ['x'], ['2']),
  ]
  assert.deepEqual(names(sortNodes(nodes)), ['a', 'b', 'c', 'd'])
})

test('what a graph inside a node uses counts', () => {
  const branch = create(GraphProtoSchema, { node: [node('inner', ['1'], ['y'])], output: [{ name: 'y' }] })
  const outer = node('if', ['x'], ['2'])
  outer.attribute.push(create(AttributeProtoSchema, { name: 'then_branch', g: branch }))
  assert.deepEqual(names(sortNodes([outer, node('a', ['x'], ['1'])])), ['a', 'if'])
})

test('a cycle has no order', () => {
  const nodes = [node('a', ['2'], ['1']), node('b', ['1'], ['2'])]
  assert.equal(sortNodes(nodes), nodes)
})

test('a chain of 50,000 nodes from the last to the first takes no time', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => node(String(i), [String(i)], [String(i + 1)])).reverse()
  assert.equal(sortNodes(chain)[0]!.name, '0')
})
