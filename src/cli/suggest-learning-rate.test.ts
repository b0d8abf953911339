import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import { quickTraining, runShell, succeed, workplace } from '../testing/command-line.js'

const folder = await workplace('find-lr')

test('--find-lr suggests a rate, draws the curve, and gives the command to go on with', async () => {
  const { stdout } = await succeed(folder, 'train', 'pics', ...quickTraining, '--epochs', '1', '--find-lr')
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines[0], 'learning rate      loss')
  assert.match(lines[1]!, /^ {7}1\.0e-7 {4}1\.\d{4}$/)
  const [curve, command] = lines.slice(-2) as [string, string]
  const [, rate] = curve.match(
    /^the loss falls fastest at a learning rate of (\S+); .* in runs\/pics\/learning-rate.html$/,
  )!
  assert.ok(Number(rate) > 1e-7 && Number(rate) < 1, rate)
  // Nothing else was written, and the page does not keep the run out of its folder.
  assert.deepEqual(
    (await nodeFiles.list(`${folder}/runs/pics`)).map(({ name }) => name),
    ['learning-rate.html'],
  )
  const page = await nodeFiles.readText(`${folder}/runs/pics/learning-rate.html`)
  assert.match(page, /<svg class="plot"/)
  assert.match(page, /<title>Learning rate for pics<\/title>/)
  assert.match(command, /^go on with: .* train pics --model tiny --batch-size 4 --warmup-steps 2 --epochs 1 --lr \S+$/)
  const pasted = await runShell(folder, command.replace('go on with: ', ''))
  assert.equal(pasted.code, 0, pasted.stderr)
  assert.match(await nodeFiles.readText(`${folder}/runs/pics/report.html`), new RegExp(`rose to ${rate} over 2 steps`))
})

test('--find-lr prints its points as JSON, and leaves a run in the folder as it is', async () => {
  const weights = await nodeFiles.read(`${folder}/runs/pics/model.safetensors`)
  const state = await nodeFiles.read(`${folder}/runs/pics/checkpoints/last/state.safetensors`)
  const { stdout } = await succeed(folder, 'train', 'pics', ...quickTraining, '--mixup', '0.5', '--find-lr', '--json')
  const { points, suggestion, page } = JSON.parse(stdout)
  assert.equal(page, 'runs/pics/learning-rate.html')
  assert.ok(
    points.length > 20 && points.some(({ learningRate }: { learningRate: number }) => learningRate === suggestion),
  )
  assert.deepEqual(Object.keys(points[0]), ['learningRate', 'loss', 'smoothed'])
  assert.deepEqual(await nodeFiles.read(`${folder}/runs/pics/model.safetensors`), weights)
  assert.deepEqual(await nodeFiles.read(`${folder}/runs/pics/checkpoints/last/state.safetensors`), state)
})
