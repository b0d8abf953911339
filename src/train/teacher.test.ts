import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPreprocessor } from '../image/index.js'
import { ViT } from '../nn/index.js'
import { Graph, ops, type Tensor, tensor, type Value } from '../onnx/index.js'
import { loadModel, type Model, saveModel, writeOnnx } from '../pipeline/index.js'
import { Random } from '../random.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { temporaryFolder } from '../testing/command-line.js'
import { drawMixInputs } from './mixing.js'
import type { Recipe } from './recipe.js'
import { recipes } from './recipes.js'
import { StepRunner } from './step-runner.js'
import { Teacher } from './teacher.js'

const folder = await temporaryFolder('teacher')
const classes = ['blue', 'green', 'red']
const size = 16

/** A small ViT in a folder, the classes of its head in the given order. */
async function writeModel(name: string, labels: readonly string[], changes: Partial<Model> = {}): Promise<void> {
  const options = { imageSize: size, patchSize: 8, embedDim: 16, depth: 1, numHeads: 2, numClasses: 3 }
  const vit = new ViT(options, 5)
  const [weight, bias] = [vit.parameters.get('head.weight')!, vit.parameters.get('head.bias')!]
  const random = new Random(3)
  const [rows, ends] = [classes.map(() => Array.from({ length: 16 }, () => random.normal())), [0.1, 0.2, 0.3]]
  const order = labels.map((label) => Math.max(0, classes.indexOf(label)))
  weight.data = Float32Array.from(order.flatMap((i) => rows[i]!))
  bias.data = Float32Array.from(order.map((i) => ends[i]!))
  await saveModel(nodeFiles, `${folder}/${name}`, {
    vit,
    labels,
    preprocessor: defaultPreprocessor(size),
    pretrained: true,
    ...changes,
  })
}
await writeModel('student', classes)

const student = () => loadModel(nodeFiles, `${folder}/student`, { labels: classes })
const load = async (name: string, notes: string[] = []) =>
  Teacher.load({
    files: nodeFiles,
    runtime: inlineRuntime,
    name: `${folder}/${name}`,
    student: await student(),
    onNotice: (text) => notes.push(text),
  })

const batchSize = 4
function drawPixels(): Tensor {
  const random = new Random(1)
  return tensor(
    'float32',
    Array.from({ length: batchSize * 3 * size * size }, () => random.normal()),
    [batchSize, 3, size, size],
  )
}

const quiet: Recipe = { ...recipes.finetune, batchSize, dropPath: 0, labelSmoothing: 0, teacher: 'student' }

/** The loss of a first step. */
async function firstLoss(recipe: Recipe, teacher?: Teacher): Promise<number> {
  const options = { runtime: inlineRuntime, model: await student(), train: [], recipe, ...(teacher && { teacher }) }
  const step = new StepRunner(options)
  await step.load()
  const labels = tensor(
    'int64',
    Array.from({ length: batchSize * recipe.accumulate }, (_, i) => i % 3),
  )
  const { shape, data } = drawPixels()
  const repeated = Array.from({ length: recipe.accumulate }, () => [...(data as Float32Array)]).flat()
  const pixels = tensor('float32', repeated, shape.with(0, batchSize * recipe.accumulate) as number[])
  const { loss } = await step.run({ pixels, labels, samples: [] }, 0, 1e-3)
  await step.close()
  return loss
}

const soft: Recipe = { ...quiet, distillation: 'soft', distillationAlpha: 1 }

for (const [name, changes] of [
  ['plain', {}],
  ['with mixed pictures', { mixup: 0.8, cutmix: 1 }],
  ['with accumulation', { accumulate: 2 }],
] as [string, Partial<Recipe>][])
  test(`who is taught by itself has nothing to learn from the teacher: ${name}`, async () => {
    const teacher = await load('student')
    const loss = await firstLoss({ ...soft, ...changes }, teacher)
    assert.ok(Math.abs(loss) < 1e-6, `${loss}`)
    // Half of the loss that is left comes from the labels.
    const both = await firstLoss({ ...soft, ...changes, distillationAlpha: 0.5 }, teacher)
    const plain = await firstLoss({ ...soft, ...changes })
    assert.ok(Math.abs(both - plain / 2) < 1e-6 && plain > 0.1, `${both}, ${plain}`)
    await teacher.close()
  })

test('a teacher with its classes in another order says the same to each of them', async () => {
  await writeModel('turned', ['red', 'blue', 'green'])
  const notes: string[] = []
  const teacher = await load('turned', notes)
  assert.ok(Math.abs(await firstLoss(soft, teacher)) < 1e-6)
  assert.deepEqual(notes, [])
  await teacher.close()
  // In the wrong order there would be something to learn.
  await writeModel('unnamed', classes.toReversed(), { labels: ['class 0', 'class 1', 'class 2'] })
  const wrong = await load('unnamed', notes)
  assert.ok((await firstLoss(soft, wrong)) > 0.01)
  await wrong.close()
  assert.equal(notes.length, 1)
  assert.match(notes[0]!, /unnamed does not name its classes, so they are taken for blue, green, red, in this order/)
})

/** A classifier that is no ViT: its logits are the means of each channel. */
async function writeMeans(
  name: string,
  { side, batch = 'batch', end = (x) => x }: { side: number; batch?: number | string; end?: (x: Value) => Value },
): Promise<void> {
  const graph = new Graph({ opset: 17 })
  const picture = graph.input('picture_in', 'float32', [batch, 3, side, side])
  graph.output('scores', end(ops.reduceMean(picture, [2, 3], false)))
  await writeOnnx(nodeFiles, `${folder}/${name}`, graph)
}

const close = (found: ArrayLike<number>, expected: readonly number[]) => {
  assert.equal(found.length, expected.length)
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i]! - value) < 1e-5, `${found[i]}, ${value}`)
}

/** Pictures of one colour each, in bytes, as the student sees them. */
const colours = [
  [10, 200, 90],
  [255, 0, 128],
]
function colouredPixels(): Tensor {
  const values = colours.flatMap((rgb) => rgb.flatMap((byte) => Array(size * size).fill((byte / 255 - 0.5) / 0.5)))
  return tensor('float32', values, [2, 3, size, size])
}
const [mean, std] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
]
const expected = colours.flatMap((rgb) => rgb.map((byte, i) => (byte / 255 - mean[i]!) / std[i]!))

for (const [name, side, batch] of [
  ['of another size', 24, 'batch'],
  ['for one picture at a time', size, 1],
  ['for three pictures at a time', 10, 3],
] as const)
  test(`an ONNX file ${name} sees the crops in its own size and normalisation`, async () => {
    const place = `means-${side}-${batch}`
    const path = `${place}/model.onnx`
    await writeMeans(path, { side, batch })
    await nodeFiles.write(
      `${folder}/${place}/preprocessor_config.json`,
      JSON.stringify({ size: { height: side, width: side }, image_mean: mean, image_std: std }),
    )
    await nodeFiles.write(`${folder}/${place}/class_indices.json`, JSON.stringify({ ...classes }))
    const notes: string[] = []
    const teacher = await load(path, notes)
    const pixels = colouredPixels()
    const before = pixels.data.slice()
    const { shape, data } = await teacher.logits(pixels)
    assert.deepEqual(shape, [2, 3])
    close(data as Float32Array, expected)
    assert.deepEqual(pixels.data, before)
    assert.deepEqual(notes, [])
    await teacher.close()
  })

test('the teacher sees the pictures mixed as the student does', async () => {
  await writeMeans('mixed.onnx', { side: size })
  const teacher = await load('mixed.onnx')
  const mix = drawMixInputs(new Random(0), { mixup: 1, cutmix: 0, probability: 1, switchProbability: 0 }, [
    2,
    3,
    size,
    size,
  ])
  const lambda = Number(mix.mix_lambda.data[0])
  const { data } = await teacher.logits(colouredPixels(), { mix })
  const [first, second] = colours.map((rgb) => rgb.map((byte) => (byte / 255 - 0.5) / 0.5)) as [number[], number[]]
  const mixed = (a: number[], b: number[]) => a.map((value, i) => lambda * value + (1 - lambda) * b[i]!)
  close(data as Float32Array, [...mixed(first, second), ...mixed(second, first)])
  await teacher.close()
})

test('what the file does not tell is said, and probabilities are as good as logits', async () => {
  await writeMeans('soft.onnx', { side: size, end: ops.softmax })
  await writeMeans('means.onnx', { side: size })
  const notes: string[] = []
  const [probable, plain] = [await load('soft.onnx', notes), await load('means.onnx')]
  assert.deepEqual(
    notes.map((note) => note.replace(/.*soft\.onnx/, '')),
    [
      ' does not name its classes, so they are taken for blue, green, red, in this order',
      ' does not say how pictures are prepared, so they are made 16 × 16 and normalised with mean and deviation 0.5: put its preprocessor_config.json beside it if that is wrong',
    ],
  )
  const [found, wanted] = [await probable.logits(colouredPixels()), await plain.logits(colouredPixels())]
  const shifted = Array.from(wanted.data as Float32Array)
  for (const row of [0, 3]) {
    const sum = Math.log(shifted.slice(row, row + 3).reduce((total, x) => total + Math.exp(x), 0))
    for (let i = row; i < row + 3; i++) shifted[i]! -= sum
  }
  close(found.data as Float32Array, shifted)
  for (const teacher of [probable, plain]) await teacher.close()
})

test('a teacher of other classes, or without sensible answers, is one sentence', async () => {
  await writeModel('other', ['blue', 'green', 'yellow'])
  await assert.rejects(load('other'), /teacher .*other does not know the class red: train it on this data first, with/)
  const more = { ...(await student()), labels: ['blue', 'green', 'red', 'yellow'] }
  const options = { files: nodeFiles, runtime: inlineRuntime, name: `${folder}/student` }
  await assert.rejects(Teacher.load({ ...options, student: more }), /student does not know the class yellow/)
  const fewer = { ...(await student()), labels: ['blue', 'red'] }
  await assert.rejects(Teacher.load({ ...options, student: fewer }), /also tells the class green, which the data does/)
  await assert.rejects(
    Teacher.load({ ...options, name: `${folder}/means.onnx`, student: fewer }),
    /means\.onnx has 3 classes without names, and the data has 2/,
  )
  await assert.rejects(load('nosuch'), /there is no model .*nosuch/)

  await writeMeans('broken.onnx', { side: size, end: (x) => ops.log(ops.sub(x, 1e9)) })
  const broken = await load('broken.onnx')
  await assert.rejects(broken.logits(colouredPixels()), /broken\.onnx gives no finite answers to prepared pictures/)
  await broken.close()
})
