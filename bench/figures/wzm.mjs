import { missingPackages, python, runPython } from '../lib/python.mjs'
import { atMost, info, percent } from '../lib/rows.mjs'
import { lastAccuracy } from '../lib/run-folder.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

/** As few as let the learning rate fall: it stays the same within an epoch. */
const epochs = '2'

export const skip = () => missing(photos, weights) ?? missingPackages(['torch', 'torchvision', 'timm', 'PIL'])

/** The ONNX notes' recipe on the flower photos from the same weights, here and by PyTorch. */
export async function* measure() {
  const output = `${temporaryFolder()}/run`
  const command = ['train', photos, '--model', weights, '--recipe', 'wzm', '--epochs', epochs, '--output', output]
  await vitrine(command, { showProgress: true })
  const ours = lastAccuracy(output)
  const { accuracies, train, validation } = JSON.parse(
    runPython(['tools/wzm-pytorch.py', weights, photos, epochs], python),
  )
  const theirs = accuracies.at(-1)
  const points = (share) => `${(100 * share).toFixed(1)} points`
  yield atMost(`wzm, ${epochs} epochs: accuracy off PyTorch's`, Math.abs(ours - theirs), 0.01, points)
  yield info(
    `… Vitrine, PyTorch (${train} photos to learn from, ${validation} to judge by)`,
    `${percent(ours)}, ${percent(theirs)}`,
  )
}
