import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, rename, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import {
  assertFails,
  drawPictures,
  type Ended,
  inPairs,
  quickTraining,
  runShell,
  succeed,
  vitrine,
  workplace,
  writeTinyModel,
} from '../testing/command-line.js'
import { loadCheckpoint } from '../train/index.js'
import { parseSafetensors } from '../weights/index.js'

const folder = await workplace('train')

const train = (...args: string[]) => vitrine(folder, 'train', ...quickTraining, ...args)
const trainWell = (...args: string[]) => succeed(folder, 'train', ...quickTraining, ...args)
const readJson = async (path: string) => JSON.parse(await nodeFiles.readText(`${folder}/${path}`))

/** The documents of JSON lines, each of which must end its line. */
function jsonLines(text: string): Record<string, unknown>[] {
  assert.ok(text.endsWith('\n'))
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Every file below a folder, sorted. */
async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(`${folder}/${path}`, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(`${folder}/${path}/`.length))
    .map((file) => file.replace(/tfevents\.\d+\./, 'tfevents.TIME.'))
    .sort()
}

test('a run makes the whole run folder, by default in runs', async () => {
  const { stdout, stderr } = await trainWell('pics', '--epochs', '2')
  assert.match(stdout, /^runs\/pics: \d+\.\d% of 6 unseen pictures right after epoch [12] of 2\n$/)
  assert.match(stderr, /^3 classes, 24 training and 6 validation pictures$/m)
  assert.match(stderr, /^epoch {2}train loss .*\n {4}1 .*\n {4}2 .*\n$/m)
  assert.deepEqual(await filesBelow('runs/pics'), [
    'README.md',
    'checkpoints/best.safetensors',
    'checkpoints/last/state.safetensors',
    'class_indices.json',
    'config.json',
    'metrics.jsonl',
    'model.safetensors',
    'onnx/model.onnx',
    'preprocessor_config.json',
    'report.html',
    'tensorboard/events.out.tfevents.TIME.vitrine.0',
  ])
  assert.deepEqual(await readJson('runs/pics/class_indices.json'), { 0: 'blue', 1: 'green', 2: 'red' })
  const config = await readJson('runs/pics/config.json')
  assert.deepEqual(
    [config.architectures, config.id2label],
    [['ViTForImageClassification'], { 0: 'blue', 1: 'green', 2: 'red' }],
  )
  const { tensors } = parseSafetensors(await nodeFiles.read(`${folder}/runs/pics/model.safetensors`), 'weights')
  assert.ok(tensors.has('vit.encoder.layer.1.attention.attention.query.weight'))
  assert.deepEqual(tensors.get('classifier.weight')!.shape, [3, 32])
  assert.equal(jsonLines(await nodeFiles.readText(`${folder}/runs/pics/metrics.jsonl`)).length, 2)
  const session = await inlineRuntime.createSession(await nodeFiles.read(`${folder}/runs/pics/onnx/model.onnx`))
  assert.deepEqual([session.inputNames, session.outputNames], [['pixel_values'], ['logits']])
  await session.close()
})

test('a finished run is left alone without --resume, and with it ends the same', async () => {
  const weights = `${folder}/runs/pics/model.safetensors`
  const before = await nodeFiles.read(weights)
  assertFails(await train('pics', '--epochs', '2'), 1, /runs\/pics already holds a run: add --resume/)
  const again = await trainWell('pics', '--epochs', '2', '--resume')
  assert.match(again.stdout, /^runs\/pics: /)
  assert.deepEqual(await nodeFiles.read(weights), before)
})

test('--json prints a line an epoch and one with the result, to the last digit what metrics.jsonl has', async () => {
  const { stdout, stderr } = await trainWell('pics', '--epochs', '2', '--output', 'deep/er/run', '--json')
  const lines = jsonLines(stdout)
  assert.equal(lines.length, 3)
  const fields = [
    'epoch',
    'trainLoss',
    'trainAccuracy',
    'validationLoss',
    'validationAccuracy',
    'learningRate',
    'seconds',
  ]
  assert.deepEqual(Object.keys(lines[0]!), fields)
  assert.deepEqual(
    lines.slice(0, 2).map(({ epoch }) => epoch),
    [1, 2],
  )
  assert.deepEqual(Object.keys(lines[2]!).slice(0, 4), ['output', 'bestEpoch', 'count', 'accuracy'])
  assert.deepEqual([lines[2]!.output, lines[2]!.count], ['deep/er/run', 6])
  assert.deepEqual(lines.slice(0, 2), jsonLines(await nodeFiles.readText(`${folder}/deep/er/run/metrics.jsonl`)))
  assert.doesNotMatch(stderr, /error/)
})

test('a reader of the lines that goes away does not stop training', {
  skip: process.platform === 'win32' && 'needs bash',
}, async () => {
  const flags = [...quickTraining, '--epochs', '3', '--output', 'unread', '--json'].join(' ')
  const ended = await runShell(folder, `vitrine train pics ${flags} | head -1; exit \${PIPESTATUS[0]}`)
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(jsonLines(ended.stdout).length, 1)
  assert.equal(jsonLines(await nodeFiles.readText(`${folder}/unread/metrics.jsonl`)).length, 3)
})

test('broken pictures are named, counted and left out', async () => {
  await drawPictures(`${folder}/broken`, ['blue', 'red'], 8)
  const picture = await nodeFiles.read(`${folder}/broken/red/red-0.png`)
  await nodeFiles.write(`${folder}/broken/red/fake.png`, 'this is text')
  await nodeFiles.write(`${folder}/broken/blue/cut.png`, picture.slice(0, 2000))
  const { stderr } = await trainWell('broken', '--epochs', '1', '--output', 'left-out')
  assert.deepEqual(stderr.match(/^warning: .*$/gm), [
    'warning: left out 2 broken pictures of 18',
    'warning: broken/blue/cut.png: truncated or broken PNG',
    'warning: broken/red/fake.png: not an image',
  ])
  assert.match(stderr, /^2 classes, 14 training and 2 validation pictures$/m)
  assert.match(await nodeFiles.readText(`${folder}/left-out/report.html`), /broken\/red\/fake\.png/)

  await nodeFiles.write(`${folder}/broken/green/fake.png`, 'this is text')
  assertFails(await train('broken', '--output', 'no-green'), 1, /class "green" has no usable picture left/)
})

test('class names and files may be called anything', async () => {
  const classes = [`it's "so"`, '<script>alert(1)', 'größe 花', '-dash', 'constructor']
  await drawPictures(`${folder}/names`, classes, 5)
  await rename(`${folder}/names/-dash/-dash-0.png`, `${folder}/names/-dash/line\nbreak.png`)
  await trainWell('names', '--epochs', '1')
  const sorted = classes.toSorted()
  assert.deepEqual(Object.values(await readJson('runs/names/class_indices.json')), sorted)
  const { stdout } = await succeed(folder, 'predict', 'runs/names', 'names/-dash', '--json')
  const results = JSON.parse(stdout) as { file: string; predictions: { label: string }[] }[]
  assert.equal(results.length, 5)
  assert.deepEqual(results[0]!.predictions.map(({ label }) => label).sort(), sorted)
  assert.ok(!(await nodeFiles.readText(`${folder}/runs/names/report.html`)).includes('<script>alert'))
  const [, , ...card] = (await nodeFiles.readText(`${folder}/runs/names/README.md`)).split('---\n')
  assert.ok(card.length > 0 && !card.join('').includes('<script>alert'))
})

test('linked and nested folders, from here or from inside, train the same weights', async () => {
  await mkdir(`${folder}/linked/red/inner`, { recursive: true })
  for (const name of ['blue', 'green']) await symlink(`${folder}/pics/${name}`, `${folder}/linked/${name}`)
  for (let i = 0; i < 10; i++)
    await copyFile(`${folder}/pics/red/red-${i}.png`, `${folder}/linked/red/inner/red-${i}.png`)
  await trainWell('linked/', '--epochs', '1', '--output', 'outside/')
  const inside = ['.', ...quickTraining, '--model', '../tiny', '--epochs', '1', '--output', `${folder}/inside`]
  await succeed(`${folder}/linked`, 'train', ...inside)
  const [outside, within] = ['outside', 'inside'].map((run) => nodeFiles.read(`${folder}/${run}/model.safetensors`))
  assert.deepEqual(await outside, await within)
})

test('validation pictures may come from another folder, with the same classes', async () => {
  await drawPictures(`${folder}/unseen`, ['blue', 'green', 'red'], 1)
  const { stderr } = await trainWell('pics', '--val', 'unseen', '--epochs', '1', '--output', 'val')
  assert.match(stderr, /^3 classes, 30 training and 3 validation pictures$/m)
  await drawPictures(`${folder}/others`, ['blue', 'yellow'], 2)
  const ended = await train('pics', '--val', 'others', '--output', 'no-val')
  assertFails(
    ended,
    1,
    /others has the class "yellow" among the validation pictures alone, and the classes of pics to learn are "blue", "green", "red": add/,
  )
})

test('what is odd about divided data is told, and it is trained on', async () => {
  const colours = ['blue', 'green', 'red']
  await drawPictures(`${folder}/divided/Train`, colours, 5)
  for (const name of ['blue', 'green']) {
    await mkdir(`${folder}/divided/valid/${name}`, { recursive: true })
    await copyFile(`${folder}/divided/Train/${name}/${name}-0.png`, `${folder}/divided/valid/${name}/copy.png`)
  }
  const { stderr } = await trainWell('divided', '--epochs', '1')
  assert.deepEqual(stderr.match(/^warning: .*$/gm), [
    'warning: divided has no validation pictures of the class "red": how well it is learned is not judged',
    'warning: 2 validation pictures are among the training pictures too, the first being divided/valid/blue/copy.png, a copy of divided/Train/blue/blue-0.png: the model is judged by what it has seen',
  ])
  assert.match(stderr, /^3 classes, 15 training and 2 validation pictures$/m)
  assert.match(
    await nodeFiles.readText(`${folder}/runs/divided/report.html`),
    /the model is judged by what it has seen/,
  )
})

test("the recipe wzm divides as the ONNX notes' Python does, unless it is told otherwise", async () => {
  const dataOf = async (output: string, ...args: string[]) => {
    await trainWell('pics', '--recipe', 'wzm', '--epochs', '1', '--output', output, ...args)
    return (await loadCheckpoint(nodeFiles, `${folder}/${output}`)).identity['a data set of']
  }
  const own = await dataOf('wzm')
  assert.equal(own, await dataOf('wzm-python', '--split', 'python'))
  assert.notEqual(own, await dataOf('wzm-seeded', '--split', 'seeded'))
})

test("the recipe paddle trains the Paddle notes' model, with its head of two layers", async () => {
  await succeed(
    folder,
    'train',
    'pics',
    '--recipe',
    'paddle',
    '--image-size',
    '32',
    '--epochs',
    '1',
    '--output',
    'paddle-notes',
  )
  assert.match((await succeed(folder, 'summary', 'paddle-notes')).stdout, /MlpHead/)
  assert.match((await succeed(folder, 'predict', 'paddle-notes', 'pics/red/red-0.png')).stdout, /prob/)
})

test('what cannot be trained on is one sentence, and leaves nothing behind', async () => {
  await mkdir(`${folder}/empty`)
  await drawPictures(`${folder}/one`, ['red'])
  await drawPictures(`${folder}/single`, ['blue', 'red'], 1)
  await nodeFiles.write(`${folder}/hollow/a/.keep`, '')
  await nodeFiles.write(`${folder}/file.txt`, 'hello')
  await writeTinyModel(`${folder}/mixture`)
  await writeTinyModel(`${folder}/wide`, { embedDim: 48 })
  await copyFile(`${folder}/wide/model.safetensors`, `${folder}/mixture/model.safetensors`)
  const cases: [args: string[], ...words: RegExp[]][] = [
    [['nosuch'], /cannot list nosuch: there is no such file or folder/],
    [['file.txt'], /file\.txt is no data set: name a folder of class folders, or a manifest/],
    [['empty'], /empty has no class folders/],
    [['hollow'], /hollow\/a has no pictures/],
    [['one'], /one has the single class "red": add pictures of another/],
    [['single'], /class "blue" has a single picture, single\/blue\/blue-0\.png: add more/],
    [['pics/red'], /found 10 pictures directly in pics\/red/],
    [
      ['pics', '--batch-size', '25'],
      /24 training pictures do not fill a batch of 25: choose a --batch-size of at most 24/,
    ],
    [['pics', '--model', 'nosuch'], /no model nosuch/],
    [['pics', '--model', 'mixture'], /mixture\/config\.json has the hidden_size 32, .* 48/],
    [['pics', '--model', 'file.txt'], /file\.txt is in no known format of weights/],
    [['pics', '--output', 'file.txt/run'], /cannot write file\.txt\/run.*a part of the path is a file/],
    [['pics', '--output', 'pics/run'], /pics\/run lies inside pics/],
    [['pics', '--output', 'pics'], /pics lies inside pics/],
  ]
  const before = await filesBelow('.')
  await inPairs(cases, async ([args, ...words]) => {
    const ended = await vitrine(folder, 'train', ...quickTraining, '--output', 'nothing', ...args)
    assertFails(ended, 1, ...words)
    assert.equal(ended.stdout, '')
  })
  assert.deepEqual(await filesBelow('.'), before)
})

test('nothing that is there already is written over', async () => {
  await nodeFiles.write(`${folder}/notes/README.md`, 'mine')
  const before = await nodeFiles.read(`${folder}/tiny/model.safetensors`)
  assertFails(await train('pics', '--output', 'notes'), 1, /notes already holds a README\.md: name another folder/)
  assertFails(await train('pics', '--output', 'notes', '--resume'), 1, /notes already holds a README\.md/)
  assertFails(await train('pics', '--output', 'tiny'), 1, /tiny already holds a config\.json/)
  assertFails(await vitrine(folder, 'demo', '--output', 'notes'), 1, /notes already holds a README\.md/)
  assert.equal(await nodeFiles.readText(`${folder}/notes/README.md`), 'mine')
  assert.deepEqual(await nodeFiles.read(`${folder}/tiny/model.safetensors`), before)
})

test('a run that diverges ends in one sentence and keeps the last good checkpoint', async () => {
  const diverging = ['--lr', '1e30', '--output', 'nan', '--epochs', '2']
  const check = (ended: Ended) => {
    assertFails(
      ended,
      1,
      /^error: the .* is (NaN|Infinity) at step [23] \(epoch 1\): the norm .*so start anew with a --lr below 1e\+30/,
    )
    assert.equal(ended.stdout, '')
  }
  check(await train('pics', ...diverging))
  const state = 'checkpoints/last/state.safetensors'
  assert.deepEqual(await filesBelow('nan'), [state, 'tensorboard/events.out.tfevents.TIME.vitrine.0'])
  const { tensors, metadata } = parseSafetensors(await nodeFiles.read(`${folder}/nan/${state}`), 'checkpoint')
  assert.equal(JSON.parse(metadata.progress!).batch, 0)
  for (const { data } of tensors.values()) assert.ok((data as Float32Array).every(Number.isFinite))
  // Nothing was learned, so the run may be started anew in the same place.
  await trainWell('pics', '--output', 'nan', '--epochs', '1')
})
