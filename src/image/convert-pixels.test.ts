import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Graph, tensor } from '../onnx/index.js'
import { relativeError } from '../testing/finite-differences.js'
import { runGraph } from '../testing/run-graph.js'
import { convertPixels, samePixels } from './convert-pixels.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'

// PyTorch in float64, by tools/make-convert-fixture.py.
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/convert-pixels.json', import.meta.url), 'utf8'))

interface Side {
  size: [number, number]
  rescale: number
  order: 'rgb' | 'bgr'
  resample: 'bilinear' | 'bicubic'
  mean: PreprocessorConfig['mean']
  std: PreprocessorConfig['std']
}

const configOf = ({ size: [height, width], rescale, order, resample, mean, std }: Side): PreprocessorConfig => ({
  resize: { height, width },
  resample,
  crop: { height, width },
  channelOrder: order,
  rescaleFactor: rescale,
  mean,
  std,
})

for (const [name, { source, target, shape, values }] of Object.entries<Record<string, never>>(fixture))
  test(`prepared pixels become those of another model as in PyTorch: ${name}`, async () => {
    const [from, to] = [configOf(source as Side), configOf(target as Side)]
    const { height, width } = from.crop
    const input = [2, from.mean.length, height, width]
    const graph = new Graph()
    graph.output('converted', convertPixels(graph.input('pixels', 'float32', input), from, to))
    const numbers = Array.from({ length: input.reduce((a, b) => a * b) }, (_, i) => 2 * Math.sin(i * 0.7))
    const { converted } = await runGraph(graph, { pixels: tensor('float32', numbers, input) })
    assert.deepEqual(converted!.shape, shape)
    const error = relativeError(converted!.data as Float32Array, values as number[])
    assert.ok(error < 1e-5, `relative error ${error}`)
  })

test('pixels are the same where size, channels and statistics are, however a picture came to that size', () => {
  const config = defaultPreprocessor(224)
  assert.ok(samePixels(config, { ...config, resize: { height: 224, width: 224 }, resample: 'bilinear' }))
  // (x/255 - 0.5)/0.5 in other words.
  const inBytes = { rescaleFactor: 1, mean: [127.5, 127.5, 127.5] as const, std: [127.5, 127.5, 127.5] as const }
  assert.ok(samePixels(config, { ...config, ...inBytes, mean: [...inBytes.mean], std: [...inBytes.std] }))
  assert.ok(!samePixels(config, { ...config, mean: [0.485, 0.456, 0.406] }))
  assert.ok(!samePixels(config, { ...config, std: [0.2, 0.2, 0.2] }))
  assert.ok(!samePixels(config, { ...config, channelOrder: 'bgr' }))
  assert.ok(!samePixels(config, { ...config, crop: { height: 224, width: 192 } }))
  assert.ok(!samePixels(config, { ...config, mean: [0.5], std: [0.5] }))
})
