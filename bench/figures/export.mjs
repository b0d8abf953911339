import { spawnSync } from 'node:child_process'
import { Classifier } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { largestDifference, sinePixels } from '../lib/pixels.mjs'
import { missingPackages, python } from '../lib/python.mjs'
import { atMost, error } from '../lib/rows.mjs'
import { missing, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

const opsets = [13, 17, 20]
/** What `--batch` says, and how many pictures the check then sends. */
const batches = [
  { flag: 'dynamic', size: 2 },
  { flag: '4', size: 4 },
]

export const skip = () => missing(weights) ?? missingPackages(['numpy', 'onnx', 'onnxruntime'])

/** Exported files, by onnx.checker and ONNX Runtime in Python, against the logits of our own session. */
export async function* measure() {
  const folder = temporaryFolder()
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, weights)
  for (const { flag, size } of batches) {
    const own = await classifier.logits(sinePixels([size, 3, 224, 224]))
    for (const opset of opsets) {
      const file = `${folder}/opset${opset}-${flag}.onnx`
      await vitrine(['export', weights, '--output', file, '--opset', String(opset), '--batch', flag])
      const { ok, logits, error: problem } = check(file)
      const name = `opset ${opset}, batch ${flag}`
      yield ok
        ? atMost(`${name}: checker passes, logits differ by`, largestDifference(own.data, logits.flat()), 1e-5, error)
        : { figure: `${name}: ${problem}`, ok: false }
    }
  }
  await classifier.close()
}

/** What tools/check-export.py says about a file. */
function check(file) {
  const { stdout, stderr } = spawnSync(python, ['tools/check-export.py', file], { encoding: 'utf8' })
  return stdout ? JSON.parse(stdout) : { ok: false, error: stderr }
}
