import assert from 'node:assert/strict'
import { cp, rename, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import {
  assertFails,
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
import { loadCheckpoint } from '../train/index.js'

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

test('a run is not resumed with another recipe, model or data set', async () => {
  await rename(`${folder}/again`, `${folder}/base`)
  const resume = (...args: string[]) => vitrine(folder, 'train', ...flags('base'), '--resume', ...args)
  assertFails(await resume('--epochs', '7'), 1, /base was started with --epochs 6, and now it is 7: go on with/)
  assertFails(await resume('--lr', '0.1'), 1, /--lr 0\.01, and now it is 0\.1/)
  assertFails(await resume('--val-split', '0.5'), 1, /24 training and 6 validation .* 15 training and 15 validation/)
  await cp(`${folder}/tiny`, `${folder}/tiny-2`, { recursive: true })
  assertFails(await resume('--model', 'tiny-2'), 1, /--model tiny, and now it is tiny-2/)
  const picture = `${folder}/pics/red/red-3.png`
  await rename(picture, `${folder}/red-3.png`)
  assertFails(
    await resume(),
    1,
    /a data set of 3 classes, 24 training and 6 .*, and now it is 3 classes, 24 training and 5 /,
  )
  await rename(`${folder}/red-3.png`, picture)
  assert.deepEqual(await weights('base'), await weights('whole'))
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
  assertFails(ended, 1, /cut\/checkpoints\/last\/state\.safetensors does not fit the model \(.* has another shape\)/)
})
