import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../../errors.js'
import { ViT, type ViTConfig } from '../../nn/index.js'
import { decodeModel, encodeModel, Graph, readModel, weightBytes } from '../../onnx/index.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import type { Runtime } from '../../runtime/session.js'
import { importedModels, readImported, skipImported } from '../../testing/imported-models.js'
import { opsOf, optimized } from '../../testing/optimized.js'
import { optimize } from './optimize.js'

const small: Partial<ViTConfig> = { imageSize: 32, patchSize: 16, embedDim: 48, depth: 2, numHeads: 3, numClasses: 3 }
const vit = (opset: number, options: Partial<ViTConfig> = {}) =>
  new ViT({ ...small, ...options }, 1).build(new Graph({ opset }))

/** What every encoder layer becomes, and what is around them. */
const plainOps = (depth: number) => ({
  LayerNormalization: 2 * depth + 1,
  Gelu: depth,
  Softmax: depth,
  MatMul: 2 * depth,
  Gemm: 4 * depth + 1,
  Split: depth,
})

for (const opset of [11, 13, 17, 20])
  test(`a ViT of opset ${opset} becomes one of opset 20, fused`, async () => {
    const { graph, report } = await optimized(vit(opset))
    const ops = opsOf(graph)
    for (const [op, count] of Object.entries(plainOps(2))) assert.equal(ops[op], count, op)
    assert.equal(graph.opset, 20)
    assert.ok(report.nodes.after < report.nodes.before)
    assert.deepEqual(
      report.comparisons.map(({ inputs }) => inputs),
      ['random, batch 1', 'random, batch 3'],
    )
    assert.ok(graph.nodes.every(({ domain }) => domain === ''))
  })

test('all reference files of PyTorch get the same layers, in fewer nodes', { skip: skipImported }, async (t) => {
  for (const name of importedModels)
    await t.test(name, async () => {
      const depth = name.includes('_l3') ? 3 : 2
      const { graph, report } = await optimized(readImported(name))
      const ops = opsOf(graph)
      const more = name.includes('prelogits') ? { ...plainOps(depth), Gemm: 4 * depth + 2 } : plainOps(depth)
      for (const [op, count] of Object.entries(more)) assert.equal(ops[op], count, op)
      assert.ok(report.nodes.after < 0.35 * report.nodes.before, `${report.nodes.after} of ${report.nodes.before}`)
      assert.ok(graph.nodes.every(({ domain }) => domain === ''))
      // What is written is a model again, and has nothing left to do.
      const again = await optimized(decodeModel(encodeModel(graph)))
      assert.equal(again.graph.nodes.length, graph.nodes.length)
    })
})

test('attention becomes the operator of opset 23 where asked', async () => {
  const { graph } = await optimized(vit(13), { attention: true })
  const ops = opsOf(graph)
  assert.deepEqual([graph.opset, ops.Attention, ops.Softmax, ops.MatMul], [23, 2, undefined, undefined])
})

test("ONNX Runtime's own operators are used for it alone", async () => {
  const { graph } = await optimized(vit(13, { activation: 'quickGelu' }), { onnxruntime: true })
  const ops = opsOf(graph)
  assert.deepEqual(
    [ops['com.microsoft.MultiHeadAttention'], ops['com.microsoft.QuickGelu'], ops.Softmax],
    [2, 2, undefined],
  )
  assert.equal(decodeModel(encodeModel(graph)).domains.get('com.microsoft'), 1)
})

test('LayerScale goes into the weights before it', async () => {
  const before = opsOf(vit(17, { initValues: 0.5 }))
  const { graph } = await optimized(vit(17, { initValues: 0.5 }))
  assert.deepEqual([before.Mul! > 0, opsOf(graph).Mul], [true, undefined])
})

test('weights as float16 take half the space, and those it cannot hold stay', async () => {
  const source = vit(17)
  const { graph, report } = await optimized(source, { float16: true })
  assert.ok(weightBytes(graph) < 0.6 * weightBytes(source))
  assert.ok(report.largestDifference.relative > 1e-6)
  assert.deepEqual(report.notes, ['the weights are float16; all is computed in float32, as before'])

  const beyond = vit(17)
  const weight = [...beyond.initializers.values()].find(({ shape }) => shape.join() === '192,48')!
  ;(weight.data as Float32Array)[0] = 70_000
  const { notes } = (await optimized(beyond, { float16: true })).report
  assert.equal(notes.length, 2)
  assert.match(notes[1]!, /stays float32: it has numbers beyond 65504/)
})

/** A runtime that computes GELU wrongly where it is one operator. */
const withWrongGelu: Runtime = {
  async createSession(model, options) {
    const session = await inlineRuntime.createSession(model, options)
    if (!decodeModel(model, (name) => options!.externalData![name]!).nodes.some(({ op }) => op === 'Gelu'))
      return session
    return {
      ...session,
      run: async (feeds) => {
        const results = await session.run(feeds)
        for (const { data } of Object.values(results)) data[0] = Number(data[0]) + 0.5
        return results
      },
    }
  },
}

test('a pass that changes the results is left out, and the others are not', async () => {
  const { graph, report } = await optimize(vit(13), { runtime: withWrongGelu })
  assert.deepEqual(
    report.leftOut.map(({ name }) => name),
    ['Gelu'],
  )
  assert.ok(report.leftOut[0]!.relative > 1e-3)
  assert.ok(report.largestDifference.relative < 1e-5)
  const ops = opsOf(graph)
  assert.deepEqual([ops.Gelu, ops.Erf, ops.LayerNormalization, ops.Split], [undefined, 2, 5, 2])
})

test('an opset that is asked for is written, and less is fused in an older one', async () => {
  const { graph } = await optimized(vit(13), { opset: 17 })
  assert.deepEqual([graph.opset, opsOf(graph).LayerNormalization, opsOf(graph).Gelu], [17, 5, undefined])
  await assert.rejects(optimize(vit(17), { runtime: inlineRuntime, opset: 13 }), UserError)
})

test('whatever is odd in a file is left as it is, or the file is refused in one sentence', async (t) => {
  const folder = new URL('../../../test/fixtures/odd-onnx/', import.meta.url)
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.onnx')))
    await t.test(name, async () => {
      const model = new Uint8Array(readFileSync(new URL(name, folder)))
      const { graph } = readModel(model)
      try {
        const result = await optimize(graph, { runtime: inlineRuntime, original: { model } })
        assert.ok(result.report.largestDifference.relative < 1e-5)
        assert.ok(result.report.nodes.after <= result.report.nodes.before)
      } catch (error) {
        assert.ok(error instanceof UserError, (error as Error).stack)
        assert.doesNotMatch(error.message, /\n/)
      }
    })
})
