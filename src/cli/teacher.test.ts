import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, drawPictures, quickTraining, succeed, vitrine, workplace } from '../testing/command-line.js'
import { loadCheckpoint } from '../train/index.js'

const folder = await workplace('taught')
const flags = ['pics', ...quickTraining, '--epochs', '1']
await succeed(folder, 'train', ...flags, '--output', 'teacher')
await succeed(folder, 'export', 'teacher', '--output', 'teacher.onnx')

test('a run learns from a run folder or an ONNX file alike, and its report says so', async () => {
  const taught = ['--distillation', 'soft', '--distillation-alpha', '0.9', '--mixup', '0.8']
  const { stderr } = await succeed(folder, 'train', ...flags, '--teacher', 'teacher', ...taught, '--output', 'a')
  assert.doesNotMatch(stderr, /note: .*teacher/)
  await succeed(folder, 'train', ...flags, '--teacher', 'teacher.onnx', ...taught, '--output', 'b')
  const losses = await Promise.all(
    ['a', 'b', 'teacher'].map(async (run) => {
      const { progress } = await loadCheckpoint(nodeFiles, `${folder}/${run}`)
      return progress.history[0]!.trainLoss
    }),
  )
  assert.ok(Math.abs(losses[0]! - losses[1]!) < 1e-5, `${losses}`)
  assert.ok(Math.abs(losses[0]! - losses[2]!) > 0.01, `${losses}`)
  const report = await nodeFiles.readText(`${folder}/a/report.html`)
  assert.match(report, /It also learned from the model teacher \(distillation\): its probabilities, softened by a/)
  assert.match(report, /which counted 0\.9 and the labels 0\.1/)

  const resumed = await vitrine(
    folder,
    'train',
    ...flags,
    '--teacher',
    'teacher.onnx',
    ...taught,
    '--output',
    'a',
    '--resume',
  )
  assertFails(resumed, 1, /started with --teacher teacher \(now teacher\.onnx\)/)
})

test('a teacher that cannot teach is one sentence, before pictures are checked', async () => {
  await drawPictures(`${folder}/others`, ['blue', 'red', 'yellow'], 3)
  const train = (data: string, teacher: string) =>
    vitrine(folder, 'train', data, ...quickTraining, '--output', 'nothing', '--teacher', teacher)
  assertFails(await train('others', 'teacher'), 1, /the teacher teacher does not know the class yellow: train it on/)
  assertFails(
    await train('pics', 'vit_tiny_patch16_224'),
    1,
    /vit_tiny_patch16_224 is a preset, which has learned noth/,
  )
  assertFails(await train('pics', 'nosuch'), 1, /there is no model nosuch/)
  assert.equal(await nodeFiles.kind(`${folder}/nothing`), undefined)
})
