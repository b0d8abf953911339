import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { encodeModelFiles, Graph, ops, tensor } from '../onnx/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime, nodeRuntime } from '../runtime/node/runtime.js'
import { readOnnx } from './onnx-file.js'

const folder = await mkdtemp(`${tmpdir()}/vitrine-onnx-`)
after(() => rm(folder, { recursive: true }))

/** y = x + weights, with weights large enough to lie in a second file. */
function graphWithWeights(): Graph {
  const graph = new Graph()
  const weights = Float32Array.from({ length: 1000 }, (_, i) => i)
  const x = graph.input('x', 'float32', [1000])
  graph.output('y', ops.add(x, graph.initializer('weights', 'float32', [1000], weights)))
  return graph
}

test('a model with its weights in a second file is read and run, inline and in a worker', async () => {
  const { model, external } = encodeModelFiles(graphWithWeights(), 'sub/weights.bin')
  await nodeFiles.write(`${folder}/model.onnx`, model)
  await nodeFiles.write(`${folder}/sub/weights.bin`, external!)
  const file = await readOnnx(nodeFiles, `${folder}/model.onnx`)
  assert.equal(file.graph.initializers.get('weights')!.data![999], 999)
  for (const runtime of [inlineRuntime, nodeRuntime]) {
    const { externalData } = await readOnnx(nodeFiles, `${folder}/model.onnx`)
    const session = await runtime.createSession(file.model.slice(), { externalData })
    const { y } = await session.run({ x: tensor('float32', Array(1000).fill(1)) })
    assert.equal(y!.data[999], 1000)
    await session.close()
  }
})

test('a model cannot make us read outside its folder', async () => {
  await nodeFiles.write(`${folder}/evil.onnx`, encodeModelFiles(graphWithWeights(), '../../etc/passwd').model)
  await assert.rejects(readOnnx(nodeFiles, `${folder}/evil.onnx`), {
    name: 'UserError',
    message: /evil\.onnx cannot be read: tensor weights lies in \.\.\/\.\.\/etc\/passwd, which is outside/,
  })
})

test('a missing second file is named', async () => {
  await nodeFiles.write(`${folder}/alone.onnx`, encodeModelFiles(graphWithWeights(), 'gone.bin').model)
  await assert.rejects(readOnnx(nodeFiles, `${folder}/alone.onnx`), { name: 'UserError', message: /gone\.bin/ })
})
