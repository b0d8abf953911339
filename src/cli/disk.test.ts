import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, noMounts, quickTraining, runShell, succeed, workplace } from '../testing/command-line.js'

const folder = await workplace('disk')
const flags = (output: string) => ['train', 'pics', ...quickTraining, '--epochs', '2', '--output', output]
const command = (output: string) => `vitrine ${flags(output).join(' ')}`

test('a read-only disk is reported before training, and by export', { skip: noMounts }, async () => {
  const mount = 'mkdir -p read-only && mount -t tmpfs -o ro tmpfs read-only'
  const training = await runShell(folder, `${mount}; ${command('read-only/run')}`, { mounts: true })
  assertFails(training, 1, /cannot write read-only\/run\/.*: the file system is read-only, choose another path/)
  assert.doesNotMatch(training.stderr, /^epoch/m)
  const exporting = await runShell(folder, `${mount}; vitrine export tiny --output read-only/m.onnx`, { mounts: true })
  assertFails(exporting, 1, /cannot write read-only\/m\.onnx: the file system is read-only/)
})

test('a disk too small for a checkpoint is reported before training', { skip: noMounts }, async () => {
  const script = `mkdir -p small && mount -t tmpfs -o size=300k tmpfs small; ${command('small/run')}`
  const ended = await runShell(folder, script, { mounts: true })
  assertFails(ended, 1, /cannot write small\/run\/.*: the disk is full, free some space/)
  assert.doesNotMatch(ended.stderr, /^epoch/m)
})

test('a disk that fills up stops the run with its last checkpoint whole, from which it goes on elsewhere', {
  skip: noMounts,
}, async () => {
  // There is room for the first checkpoint and a half; old and new stand side by side while the new one is written.
  const script = `mkdir -p full && mount -t tmpfs -o size=600k tmpfs full
    code=0; ${command('full/run')} || code=$?
    cp -r full/run rescued; exit $code`
  const ended = await runShell(folder, script, { mounts: true })
  assertFails(ended, 1, /cannot write full\/run\/checkpoints\/last\/state\.safetensors: the disk is full/)
  assert.deepEqual(await nodeFiles.list(`${folder}/rescued/checkpoints/last`), [
    { name: 'state.safetensors', kind: 'file' },
  ])
  await succeed(folder, ...flags('rescued'), '--resume')
  await succeed(folder, ...flags('whole'))
  assert.deepEqual(
    await nodeFiles.read(`${folder}/rescued/model.safetensors`),
    await nodeFiles.read(`${folder}/whole/model.safetensors`),
  )
})

test('an export to a full disk leaves the older file whole', { skip: noMounts }, async () => {
  const script = `mkdir -p exports && mount -t tmpfs -o size=200k tmpfs exports
    vitrine export tiny --output exports/m.onnx --opset 17
    cp exports/m.onnx before.onnx; code=0
    vitrine export tiny --output exports/m.onnx --opset 20 || code=$?
    cmp exports/m.onnx before.onnx; ls exports; exit $code`
  const ended = await runShell(folder, script, { mounts: true })
  assertFails({ ...ended, stderr: ended.stderr.replace('note: tiny has random weights\n', '') }, 1, /the disk is full/)
  assert.match(ended.stdout, /\nm\.onnx\n$/)
})
