import { missingPackages, runPython } from '../lib/python.mjs'
import { atMost, error, info, milliseconds, ratio } from '../lib/rows.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missingPackages(['torch', 'timm', 'onnx'])

/** By the batch of the export and the flags of `vitrine optimize`: what the nodes may come to, where that is promised. */
const targets = [
  ['dynamic', 'plain operators', [], 0.25],
  ['fixed', 'plain operators', [], undefined],
  ['fixed', '--attention', ['--attention'], 0.25],
  ['fixed', '--runtime onnxruntime', ['--runtime', 'onnxruntime'], undefined],
]

/** ViT-B/16 as PyTorch exports it at opset 13, run for one picture, against what `vitrine optimize` makes of it. */
export async function* measure() {
  const folder = temporaryFolder()
  for (const batch of ['dynamic', 'fixed']) runPython(['tools/export-vit-b.py', `${folder}/${batch}.onnx`, batch])
  for (const [i, [batch, name, flags, mostNodes]] of targets.entries()) {
    const output = `${folder}/${i}.onnx`
    const { stdout } = await vitrine(['optimize', `${folder}/${batch}.onnx`, '--output', output, '--json', ...flags])
    const { nodes, largestDifference, milliseconds: times } = JSON.parse(stdout)
    yield atMost(`ViT-B of PyTorch, ${batch} batch, ${name}: difference`, largestDifference.relative, 1e-4, error)
    const share = nodes.after / nodes.before
    yield mostNodes === undefined
      ? info('… nodes against the original’s', ratio(share))
      : atMost('… nodes against the original’s', share, mostNodes, ratio)
    yield info('… nodes', `${nodes.before}, ${nodes.after}`)
    for (const [what, { before, after }] of [
      ['load', times.load],
      ['run', times.run],
    ]) {
      yield atMost(`… time to ${what} against the original’s`, after / before, 1, ratio)
      yield info('… original, optimised', `${milliseconds(before)}, ${milliseconds(after)}`)
    }
  }
}
