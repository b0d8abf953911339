import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { importedModels, skipImported } from '../testing/imported-models.js'
import { runGraph, runModel } from '../testing/run-graph.js'
import { bindDimensions, decodeModel, encodeModel, isStatic, neededNodes, type Tensor, tensor } from './index.js'

// Small ViTs exported by PyTorch at several opsets, with the outputs that PyTorch computed.
const folder = new URL('../../../shared/reference/onnx/', import.meta.url)
const read = (name: string) => new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder)))

/** The common input, and what PyTorch made of it by the part of the file name that says which model it is. */
function expectation(name: string): { feeds: Record<string, Tensor>; expected: number[][] } {
  const { input, shape, outputs } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
  return { feeds: { input: tensor('float32', input, shape) }, expected: outputs[name.replace(/_opset.*/, '')] }
}

function assertClose(results: Record<string, Tensor>, expected: number[][]) {
  const [output] = Object.values(results)
  assert.deepEqual(output!.shape, [expected.length, expected[0]!.length])
  for (const [i, value] of expected.flat().entries())
    assert.ok(Math.abs(Number(output!.data[i]) - value) < 1e-5, `${output!.data[i]} is not ${value}`)
}

test('every reference file is tested', { skip: skipImported }, () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'))
  assert.deepEqual(files.sort(), importedModels.map((name) => `${name}.onnx`).sort())
})

for (const name of importedModels) {
  test(`${name} is read with every shape known, and written as the same model`, { skip: skipImported }, async () => {
    const { feeds, expected } = expectation(name)
    assertClose(await runModel(read(name), feeds), expected)
    const graph = decodeModel(read(name))
    assert.ok(graph.nodes.every((node) => node.outputs.every((output) => output?.isTyped)))
    const written = encodeModel(graph)
    assertClose(await runModel(written, feeds), expected)
    assert.equal(Buffer.compare(encodeModel(decodeModel(written)), written), 0)
  })

  test(`${name} with a fixed batch has no shape arithmetic left, and computes the same`, {
    skip: skipImported,
  }, async () => {
    const { feeds, expected } = expectation(name)
    const bound = bindDimensions(decodeModel(read(name)), { batch: 2 })
    assert.ok(bound.nodes.every((node) => node.outputs.every((output) => isStatic(output!.shape))))
    assert.deepEqual(
      bound.nodes.filter(({ op, output }) => /^(Shape|Size|ConstantOfShape|Where|Equal)$/.test(op) || output.content),
      [],
    )
    assert.deepEqual(neededNodes(bound, bound.outputs), bound.nodes, 'no dead nodes')
    assertClose(await runGraph(bound, feeds), expected)
  })
}
