import { spawn } from 'node:child_process'
import { largestDifference } from '../lib/pixels.mjs'
import { missingPackages, runPython } from '../lib/python.mjs'
import { atMost, error, info, ratio, seconds } from '../lib/rows.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { medians } from '../lib/timing.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missingPackages(['torch', 'timm', 'transformers'])

/** From the start of a process to the first logits of ViT-B, against onnxruntime-node alone with a ready .onnx file. */
export async function* measure() {
  const folder = temporaryFolder()
  runPython(['tools/make-large-models.py', folder])
  for (const format of ['timm', 'huggingface']) {
    const model = `${folder}/${format}`
    const file = `${model}.onnx`
    await vitrine(['export', model, '--output', file])
    const logits = {}
    const timesOf = (script, path) => async () => {
      const { first, output } = await timeToFirstOutput(`bench/lib/first-logits-${script}.mjs`, path)
      logits[script] = JSON.parse(output)
      return first
    }
    const [ours, bare] = await medians([timesOf('vitrine', model), timesOf('onnxruntime', file)], 5)
    yield atMost(`ViT-B of ${format} to first logits, against a ready .onnx file`, ours / bare, 1.3, ratio)
    yield info('… Vitrine, onnxruntime-node alone', `${seconds(ours)}, ${seconds(bare)}`)
    yield atMost('… their logits differ by', largestDifference(logits.vitrine, logits.onnxruntime), 1e-5, error)
  }
}

/** Runs a script in a process of its own: the seconds to its first output, and all of that. */
async function timeToFirstOutput(script, argument) {
  const started = performance.now()
  const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] })
  let first
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    first ??= (performance.now() - started) / 1000
    output += text
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`${script} ${argument} ended with code ${code}`)
  return { first, output }
}
