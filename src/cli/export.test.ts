import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readImage } from '../data/index.js'
import { Classifier, type Prediction, softmax } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { assertFails, inPairs, quickTraining, succeed, vitrine, workplace } from '../testing/command-line.js'
import { runModel } from '../testing/run-graph.js'

const folder = await workplace('export')
await succeed(folder, 'train', 'pics', ...quickTraining, '--epochs', '2', '--output', 'run')

const picture = 'pics/green/green-2.png'

/** Probabilities in the order of the classes: blue, green and red. */
const inOrder = (predictions: readonly Prediction[]) =>
  predictions.toSorted((a, b) => (a.label < b.label ? -1 : 1)).map(({ score }) => score)

/** What predict does with an exported file, without the process. */
async function scores(file: string): Promise<number[]> {
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, `${folder}/${file}`)
  const predictions = await classifier.classify(await readImage(nodeFiles, `${folder}/${picture}`))
  await classifier.close()
  return inOrder(predictions)
}

function assertClose(actual: readonly number[], expected: readonly number[]) {
  assert.equal(actual.length, expected.length)
  for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${actual}, ${expected}`)
}

const [{ predictions }] = JSON.parse((await succeed(folder, 'predict', 'run', picture, '--json')).stdout)
const expected = inOrder(predictions)

test('every opset and batch predicts the same, in a folder that is made', async () => {
  const flags = [
    ['--opset', '11'],
    ['--opset', '13'],
    ['--opset', '17'],
    ['--opset', '20'],
    ['--batch', '1'],
    ['--batch', '4'],
  ]
  await inPairs(flags, async (flag) => {
    const file = `new/folder/${flag.join('')}.onnx`
    const { stdout, stderr } = await succeed(folder, 'export', 'run', '--output', file, ...flag)
    const batch = flag[0] === '--batch' ? flag[1] : 'batch'
    assert.ok(
      stdout.startsWith(`${file}: pixel_values float32[${batch}, 3, 32, 32] → logits float32[${batch}, 3], opset`),
    )
    assert.equal(stderr, '')
    assertClose(await scores(file), expected)
  })
})

test('--preprocessing takes the picture as it is', async () => {
  await succeed(folder, 'export', 'run', '--output', 'picture.onnx', '--preprocessing')
  const { data, height, width } = await readImage(nodeFiles, `${folder}/${picture}`)
  const model = await nodeFiles.read(`${folder}/picture.onnx`)
  const { logits } = await runModel(model, { image: { dtype: 'uint8', shape: [height, width, 3], data } })
  assert.deepEqual(logits!.shape, [1, 3])
  assertClose(softmax(logits!.data as Float32Array), expected)
  const ended = await vitrine(folder, 'predict', 'picture.onnx', picture)
  assertFails(ended, 1, /picture\.onnx prepares pictures in its own way: choose the model folder/)
})

test('--json describes the file', async () => {
  const { stdout } = await succeed(folder, 'export', 'run', '--output', 'm.onnx', '--opset', '18', '--json')
  const { bytes, ...description } = JSON.parse(stdout)
  assert.ok(bytes > 100_000)
  assert.deepEqual(description, {
    file: 'm.onnx',
    opset: 18,
    inputs: [{ name: 'pixel_values', dtype: 'float32', shape: ['batch', 3, 32, 32] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 3] }],
  })
})

test('random weights are not passed off as learned ones', async () => {
  const { stderr } = await succeed(folder, 'export', 'vit_tiny_patch16_224', '--output', 'preset.onnx')
  assert.equal(stderr, 'note: vit_tiny_patch16_224 has random weights\n')
})

test('what is no model, or no place for one, is one sentence', async () => {
  await nodeFiles.write(`${folder}/taken.onnx/file`, '')
  const cases: [args: string[], words: RegExp][] = [
    [['nosuch', '--output', 'x.onnx'], /no model nosuch/],
    [['picture.onnx', '--output', 'x.onnx'], /picture\.onnx prepares pictures in its own way/],
    [['run', '--output', 'taken.onnx'], /cannot write taken\.onnx: it is a folder/],
    [['run', '--output', 'm.onnx/x.onnx'], /cannot write m\.onnx\/x\.onnx: a part of the path is a file/],
  ]
  for (const [args, words] of cases) assertFails(await vitrine(folder, 'export', ...args), 1, words)
})

test('summary prints the layers of a run folder, a preset, and either with another head', async () => {
  const run = await succeed(folder, 'summary', 'run')
  assert.match(run.stdout, /\[batch, 3\]/)
  const { stdout } = await succeed(folder, 'summary', 'run', '--num-classes', '7', '--head', 'mlp', '--json')
  assert.match(stdout, /^\{.*\}\n$/)
  assert.ok(JSON.stringify(JSON.parse(stdout)).includes('["batch",7]'))
  const preset = await succeed(folder, 'summary', 'vit_tiny_patch16_224')
  assert.match(preset.stdout, /5,717,416/)
})
