import { Classifier } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { sinePixels } from '../lib/pixels.mjs'
import { missingPackages } from '../lib/python.mjs'
import { PyTorchInference } from '../lib/pytorch-inference.mjs'
import { atLeast, info, milliseconds, ratio } from '../lib/rows.mjs'
import { medians, timed } from '../lib/timing.mjs'

const models = [
  ['ViT-Ti', 'vit_tiny_patch16_224'],
  ['ViT-B', 'vit_base_patch16_224'],
]
const rounds = 5

export const skip = () => missingPackages(['torch', 'timm'])

/** Logits of prepared pictures against PyTorch's eager mode, both on two threads, in turns of a few runs each. */
export async function* measure() {
  const pytorch = new PyTorchInference()
  for (const [name, preset] of models) {
    const classifier = await Classifier.load(nodeFiles, inlineRuntime, preset)
    for (const batch of [1, 8]) {
      const runs = name === 'ViT-Ti' ? 16 / batch : 2
      const tasks = [() => ourTime(classifier, batch, runs), () => pytorch.time(preset, batch, runs)]
      const [ours, theirs] = await medians(tasks, rounds)
      yield atLeast(`${name} inference, batch ${batch}: speed against PyTorch`, theirs / ours, 1.3, ratio)
      yield info('… Vitrine, PyTorch', `${milliseconds(ours)}, ${milliseconds(theirs)}`)
    }
    await classifier.close()
  }
  pytorch.close()
}

/** The median milliseconds of some runs. One before warms up: the other side had the cores. */
async function ourTime(classifier, batch, runs) {
  const [median] = await medians(
    [
      () => {
        const pixels = sinePixels([batch, 3, 224, 224])
        return timed(() => classifier.logits(pixels))
      },
    ],
    runs,
  )
  return median
}
