import assert from 'node:assert/strict'
import { cp, rename, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import {
  assertFails,
  drawPictures,
  type Ended,
  program,
  quickTraining,
  type Running,
  runShell,
  start,
  succeed,
  vitrine,
  workplace,
  writeTinyModel,
} from '../testing/command-line.js'
import { loadCheckpoint, saveCheckpoint } from '../train/index.js'

const folder = await workplace('resume')

/** Long enough to be stopped in the middle: six epochs of six batches. */
const flags = (output: string) => ['pics', ...quickTraining, '--epochs', '6', '--output', output]
const startTraining = (...args: string[]): Running => start(process.execPath, [program, 'train', ...args], folder)
const weights = (output: string) => nodeFiles.read(`${folder}/${output}/model.safetensors`)

await succeed(folder, 'train', ...flags('whole'))

/** Goes on with a run that was stopped and checks that it ends as the one that never was. */
async function assertResumes(output: string): Promise<Ended> {
  assert.equal(await nodeFiles.kind(`${folder}/${output}/model.safetensors`), undefined, 'the run was not stopped')
  const ended = await succeed(folder, 'train', ...flags(output), '--resume')
  assert.deepEqual(await weights(output), await weights('whole'))
  assert.deepEqual(await epochs(output), await epochs('whole'))
  return ended
}

/** The metrics of every epoch, without the time they took. */
async function epochs(output: string): Promise<unknown[]> {
  const lines = (await nodeFiles.readText(`${folder}/${output}/metrics.jsonl`)).trimEnd().split('\n')
  return lines.map((line) => ({ ...JSON.parse(line), seconds: 0 }))
}

test('with nothing to resume it starts from the beginning, and the same command gives the same bits', async () => {
  const { stderr } = await succeed(folder, 'train', ...flags('again'), '--resume')
  assert.match(stderr, /^note: again holds nothing to resume yet, so training starts from the beginning$/m)
  assert.deepEqual(await weights('again'), await weights('whole'))
})

test('a run that is killed goes on and ends with the bits of one that never was', async () => {
  const run = startTraining(...flags('killed'))
  await run.untilError('\n    2  ')
  run.process.kill('SIGKILL')
  assert.equal((await run.ended).signal, 'SIGKILL')
  const { stderr } = await assertResumes('killed')
  assert.doesNotMatch(stderr, /^ {4}2 /m)
  assert.match(stderr, /^ {4}6 /m)
})

test('a run that is killed before its first step starts from the beginning', async () => {
  const run = startTraining(...flags('early'))
  const checkpoint = `${folder}/early/checkpoints/last/state.safetensors`
  while ((await nodeFiles.kind(checkpoint)) === undefined) await new Promise((resolve) => setTimeout(resolve, 2))
  run.process.kill('SIGKILL')
  assert.equal((await run.ended).signal, 'SIGKILL')
  assert.match((await assertResumes('early')).stderr, /^note: early holds nothing to resume yet/m)
})

const noSignals = process.platform === 'win32' && 'needs POSIX signals'

test('Ctrl-C keeps a checkpoint and gives the command to go on', { skip: noSignals }, async () => {
  const run = startTraining(...flags("it's stopped"))
  await run.untilError('\n    2  ')
  run.process.kill('SIGINT')
  const { code, stdout, stderr } = await run.ended
  assert.equal(code, 130)
  assert.equal(stdout, '')
  const [stopping, stopped, end] = stderr.split('\n').slice(-3)
  assert.match(stopping!, /^stopping after this step; press Ctrl-C again to stop at once$/)
  assert.match(stopped!, /^stopped in epoch \d+ after \d+ of 6 batches; go on with: /)
  assert.equal(end, '')
  const command = stopped!.replace(/.*; go on with: /, '')
  assert.match(command, /--output 'it'\\''s stopped' --resume$/)
  const pasted = await runShell(folder, command)
  assert.equal(pasted.code, 0, pasted.stderr)
  assert.deepEqual(await weights("it's stopped"), await weights('whole'))
})

test('a second Ctrl-C ends at once', { skip: noSignals }, async () => {
  const run = startTraining(...flags('twice'))
  await run.untilError('\n    2  ')
  run.process.kill('SIGINT')
  await run.untilError('stopping after this step')
  run.process.kill('SIGINT')
  const { code, signal, stderr } = await run.ended
  // It may have been quick enough to stop by itself.
  assert.ok(signal === 'SIGINT' || code === 130, stderr)
  assert.ok((await loadCheckpoint(nodeFiles, `${folder}/twice`)).progress.epoch >= 2)
})

test('a run is not resumed with another recipe, model or data set, and all that differs is named', async () => {
  await rename(`${folder}/again`, `${folder}/base`)
  const resume = (...args: string[]) => vitrine(folder, 'train', ...flags('base'), '--resume', ...args)
  assertFails(
    await resume('--epochs', '7', '--lr', '0.1', '--augment', 'three'),
    1,
    /^error: the run in base was started with --epochs 6 \(now 7\); --lr 0\.01 \(now 0\.1\); --augment '' \(now three\): go on with the same, add --force to go on with the new, or name another --output$/,
  )
  assertFails(await resume('--val-split', '0.5'), 1, /24 training and 6 validation .* 15 training and 15 validation/)
  await cp(`${folder}/tiny`, `${folder}/tiny-2`, { recursive: true })
  assertFails(await resume('--model', 'tiny-2'), 1, /--model tiny \(now tiny-2\)/)
  const picture = `${folder}/pics/red/red-3.png`
  await rename(picture, `${folder}/red-3.png`)
  assertFails(await resume(), 1, /a data set of 3 classes, 24 training and 6 .* \(now 3 classes, 24 training and 5 /)
  await cp(`${folder}/pics/red/red-4.png`, picture)
  assertFails(await resume(), 1, /was started with picture files with the checksum \w+ \(now \w+\): go on/)
  await rename(`${folder}/red-3.png`, picture)
  assert.deepEqual(await weights('base'), await weights('whole'))
})

test('--force goes on with other values and data, and a note says what changed', async () => {
  await cp(`${folder}/base`, `${folder}/forced`, { recursive: true })
  const other = ['--epochs', '8', '--lr', '0.001', '--augment', 'three', '--val-split', '0.3']
  const { stderr } = await succeed(folder, 'train', ...flags('forced'), '--resume', '--force', ...other)
  assert.match(
    stderr,
    /^note: the run in forced was started with --epochs 6 \(now 8\); --lr 0\.01 \(now 0\.001\); --augment .*: going on with the new$/m,
  )
  const history = (await epochs('forced')) as { epoch: number; learningRate: number }[]
  assert.deepEqual(history.slice(0, 6), await epochs('whole'))
  assert.deepEqual(
    history.map(({ epoch }) => epoch),
    [1, 2, 3, 4, 5, 6, 7, 8],
  )
  assert.ok(history[6]!.learningRate < 0.001)
  // What the run now is, is what the next one is compared with.
  await succeed(folder, 'train', ...flags('forced'), '--resume', ...other)
})

test('a forced run whose batches are others begins its epoch anew', { skip: noSignals }, async () => {
  const run = startTraining(...flags('halfway'), '--epochs', '50')
  await run.untilError('\n    2  ')
  run.process.kill('SIGINT')
  await run.ended
  const { progress } = await loadCheckpoint(nodeFiles, `${folder}/halfway`)
  const other = ['--resume', '--force', '--batch-size', '8', '--epochs', String(progress.epoch + 1)]
  const { stderr } = await succeed(folder, 'train', ...flags('halfway'), ...other)
  assert.match(stderr, /^note: the run .* --batch-size 4 \(now 8\): going on with the new$/m)
  const anew = RegExp(`^note: epoch ${progress.epoch + 1} begins anew, since its batches are others$`, 'm')
  assert.equal(anew.test(stderr), progress.batch > 0, stderr)
  assert.equal((await epochs('halfway')).length, progress.epoch + 1)
})

test('what --force cannot change is refused with the reason, and nothing is touched', async () => {
  await writeTinyModel(`${folder}/wide`, { embedDim: 48 })
  await drawPictures(`${folder}/colours`, ['blue', 'green', 'yellow'])
  const state = () => nodeFiles.read(`${folder}/base/checkpoints/last/state.safetensors`)
  const before = await state()
  const cases: [args: string[], words: RegExp][] = [
    [
      ['pics', '--model', 'wide'],
      /does not fit \(its \S+ is \[32,\S+\] and not \[48,\S+\]\): go on with the model, the opt/,
    ],
    [['pics', '--optimizer', 'sgd'], /does not fit \(it lacks \S+\.momentum_buffer\)/],
    [['pics', '--optimizer', 'lion'], /does not fit \(there is no place for its \S+\.exp_avg_sq\)/],
    [['pics', '--freeze', 'backbone'], /does not fit \(there is no place for its /],
    [['pics', '--lora', '2'], /does not fit \(it lacks \S+\.lora\.a/],
    [
      ['colours'],
      /the classes blue, green, red \(now blue, green, yellow\).*: the model has learned to tell other classes/,
    ],
  ]
  for (const [[data, ...args], words] of cases)
    assertFails(
      await vitrine(folder, 'train', ...flags('base').with(0, data!), '--resume', '--force', ...args),
      1,
      words,
    )
  assert.deepEqual(await state(), before)
})

test('frozen weights are not in a checkpoint, so their model stays', async () => {
  const frozen = [...flags('frozen').with(-3, '1'), '--freeze', 'backbone']
  await succeed(folder, 'train', ...frozen)
  const other = ['--resume', '--force', '--model', 'tiny-2']
  assertFails(await vitrine(folder, 'train', ...frozen, ...other), 1, /does not hold the frozen weights/)
})

test('a checkpoint from before a value existed is taken to have what was done then', async () => {
  const old = async (output: string, keys: readonly string[]) => {
    await cp(`${folder}/base`, `${folder}/${output}`, { recursive: true })
    const checkpoint = await loadCheckpoint(nodeFiles, `${folder}/${output}`)
    for (const key of keys) delete checkpoint.identity[key]
    await saveCheckpoint(nodeFiles, `${folder}/${output}`, checkpoint)
    return vitrine(folder, 'train', ...flags(output), '--resume')
  }
  const known = await old('old', [
    '--mixup',
    '--patience',
    '--schedule',
    'the classes',
    'picture files with the checksum',
  ])
  assert.equal(known.code, 0, known.stderr)
  assertFails(await old('older', ['--mixup', '--layer-decay']), 1, /with --layer-decay 1 \(now 0\.75\): go on/)
})

test('a data set that has moved is the same', async () => {
  await cp(`${folder}/pics`, `${folder}/moved/pics`, { recursive: true })
  const ended = await vitrine(folder, 'train', ...flags('whole').with(0, `${folder}/moved/pics/`), '--resume')
  assert.equal(ended.code, 0, ended.stderr)
})

test('a checkpoint that is broken, or of another model, is one sentence', async () => {
  await cp(`${folder}/whole`, `${folder}/cut`, { recursive: true })
  const state = `${folder}/cut/checkpoints/last/state.safetensors`
  const bytes = await nodeFiles.read(state)
  await nodeFiles.write(state, bytes.subarray(0, bytes.length - 8))
  assertFails(
    await vitrine(folder, 'train', ...flags('cut'), '--resume'),
    1,
    /cut\/checkpoints.*not a valid safetensors/,
  )

  await rm(state)
  await nodeFiles.write(state, bytes)
  await rename(`${folder}/tiny`, `${folder}/tiny-3`)
  await writeTinyModel(`${folder}/tiny`, { embedDim: 48 })
  const ended = await vitrine(folder, 'train', ...flags('cut'), '--resume')
  assertFails(
    ended,
    1,
    /cut\/checkpoints\/last\/state\.safetensors does not fit \(its .* is \[32,\S+\] and not \[48,\S+\]\)/,
  )
})
