import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import type { Evaluation } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, drawPictures, quickTraining, succeed, vitrine, workplace } from '../testing/command-line.js'

const folder = await workplace('evaluate')
await succeed(folder, 'train', 'pics', ...quickTraining, '--epochs', '2', '--output', 'run')

async function evaluate(...args: string[]): Promise<Evaluation> {
  const { stdout, stderr } = await succeed(folder, 'evaluate', ...args, '--json')
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

const whole = await evaluate('run', 'pics')

test('--json counts what predict says', async () => {
  const fields = ['count', 'accuracy', 'top5', 'loss', 'perClass', 'confusion']
  assert.deepEqual(Object.keys(whole), [...fields, 'balancedAccuracy', 'macro', 'weighted', 'calibration'])
  assert.equal(whole.weighted.recall, whole.accuracy)
  await assertAgrees(whole)
})

test('--flip is the same mean as that of predict', async () => {
  const flipped = await evaluate('run', 'pics', '--flip')
  assert.notEqual(flipped.loss, whole.loss)
  await assertAgrees(flipped, '--flip')
})

/** Checks an evaluation of all pictures against what `predict` says of each. */
async function assertAgrees(evaluation: Evaluation, ...flags: string[]): Promise<void> {
  const { stdout } = await succeed(folder, 'predict', 'run', 'pics', '--json', ...flags)
  const results = JSON.parse(stdout) as { file: string; predictions: { label: string; score: number }[] }[]
  const classes = ['blue', 'green', 'red']
  const confusion = classes.map(() => [0, 0, 0])
  let loss = 0
  for (const { file, predictions } of results) {
    const own = file.split('/')[1]!
    confusion[classes.indexOf(own)]![classes.indexOf(predictions[0]!.label)]!++
    loss -= Math.log(predictions.find(({ label }) => label === own)!.score) / results.length
  }
  const right = classes.reduce((sum, _, i) => sum + confusion[i]![i]!, 0)
  assert.deepEqual([evaluation.count, evaluation.accuracy, evaluation.top5], [30, right / 30, 1])
  assert.deepEqual(evaluation.confusion, confusion)
  assert.ok(Math.abs(evaluation.loss - loss) < 1e-5, `${evaluation.loss} and ${loss}`)
  assert.deepEqual(
    evaluation.perClass.map(({ label, count }) => [label, count]),
    classes.map((label) => [label, 10]),
  )
}

test('of divided data it takes the validation part, and of a manifest that or all', async () => {
  for (const name of ['blue', 'red']) {
    await mkdir(`${folder}/divided/train/${name}`, { recursive: true })
    await mkdir(`${folder}/divided/val/${name}`, { recursive: true })
    await symlink(`${folder}/pics/${name}/${name}-0.png`, `${folder}/divided/train/${name}/0.png`)
    for (const i of [1, 2])
      await symlink(`${folder}/pics/${name}/${name}-${i}.png`, `${folder}/divided/val/${name}/${i}.png`)
  }
  const divided = await evaluate('run', 'divided')
  assert.equal(divided.count, 4)
  const lines = ['blue', 'red'].flatMap((name) => [1, 2].map((i) => `pics/${name}/${name}-${i}.png,${name}`))
  await nodeFiles.write(`${folder}/list.csv`, `file,label\n${lines.join('\n')}`)
  assert.deepEqual(await evaluate('run', 'list.csv'), divided)
})

test('for people it prints a table', async () => {
  const { stdout } = await succeed(folder, 'evaluate', 'run', 'pics')
  assert.match(stdout, /^30 pictures: \d+\.\d% right, 100\.0% among the first five, loss \d\.\d{4}\n/)
  assert.match(stdout, /\nclass +precision +recall +F1 +right\n/)
  assert.match(stdout, /\ngreen( +\d+\.\d%){3} +\d+ of 10\n/)
  assert.match(stdout, /\nmacro average( +\d+\.\d%){3}\n/)
})

test('a folder with some of the classes, even one, is matched by name', async () => {
  for (const classes of [['red'], ['green', 'red']]) {
    const root = `${folder}/some-${classes.length}`
    await mkdir(root)
    for (const name of classes) await symlink(`${folder}/pics/${name}`, `${root}/${name}`)
    const { count, confusion } = await evaluate('run', root)
    assert.equal(count, 10 * classes.length)
    const expected = ['blue', 'green', 'red'].map((name, i) =>
      classes.includes(name) ? whole.confusion[i] : [0, 0, 0],
    )
    assert.deepEqual(confusion, expected)
  }
})

test('the .onnx file gives the same, one exported for four pictures at a time too', async () => {
  await succeed(folder, 'export', 'run', '--output', 'four.onnx', '--batch', '4')
  for (const model of ['run/onnx/model.onnx', 'four.onnx']) {
    const { loss, calibration, ...counts } = await evaluate(model, 'pics')
    const { loss: expected, calibration: expectedCalibration, ...expectedCounts } = whole
    assert.deepEqual(counts, expectedCounts)
    assert.ok(Math.abs(calibration.error - expectedCalibration.error) < 1e-6)
    assert.ok(Math.abs(loss - expected) < 1e-6, `${model}: ${loss} and ${expected}`)
  }
})

test('broken pictures are named and left out', async () => {
  await drawPictures(`${folder}/broken`, ['green', 'red'], 2)
  await nodeFiles.write(`${folder}/broken/red/fake.png`, 'hello')
  const { code, stdout, stderr } = await vitrine(folder, 'evaluate', 'run', 'broken', '--json')
  assert.equal(code, 0)
  assert.equal(JSON.parse(stdout).count, 4)
  assert.match(stderr, /^warning: left out 1 broken picture of 5\nwarning: broken\/red\/fake\.png: not an image\n$/)
})

test('classes that the model does not know, and folders without pictures, are one sentence', async () => {
  await drawPictures(`${folder}/unknown`, ['red', 'yellow'], 1)
  await mkdir(`${folder}/empty`)
  const cases: [folder: string, words: RegExp][] = [
    ['unknown', /the class "yellow" of unknown is none of the model's classes, which are blue, green, red/],
    ['empty', /empty has no class folders/],
    ['nosuch', /cannot list nosuch/],
  ]
  for (const [name, words] of cases) assertFails(await vitrine(folder, 'evaluate', 'run', name), 1, words)
})
