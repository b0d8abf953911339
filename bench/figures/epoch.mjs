import { execFileSync } from 'node:child_process'
import { missingPackages, python } from '../lib/python.mjs'
import { atMost, info, milliseconds, ratio } from '../lib/rows.mjs'
import { missing, photos } from '../lib/shared.mjs'

const pictures = 320
const batch = 16
const rounds = 3

export const skip = () => missing(photos) ?? missingPackages(['torch', 'torchvision', 'timm'])

/** An epoch from JPEG files against a plain PyTorch script's, each side in processes of its own, in turns. */
export async function* measure() {
  const args = [photos, pictures, batch].map(String)
  const run = (command, script) => JSON.parse(execFileSync(command, [script, ...args], { encoding: 'utf8' }))
  const [ours, torch] = [[], []]
  for (let i = 0; i < rounds; i++) {
    ours.push(run(process.execPath, 'bench/lib/time-epoch.mjs'))
    torch.push(run(python, 'tools/time-pytorch-epoch.py'))
  }
  /** Milliseconds an image: of the epoch, and of that what is no step. */
  const median = (values) => values.sort((a, b) => a - b)[rounds >> 1]
  const whole = (runs) => median(runs.map(({ epoch }) => (1000 * epoch) / pictures))
  const rest = (runs) => median(runs.map(({ epoch, step }) => 1000 * (epoch / pictures - step / batch)))
  const sides = [ours, torch]
  const times = sides.map(whole)
  yield atMost('ViT-Ti epoch from JPEG files, batch 16, against PyTorch: time', times[0] / times[1], 1, ratio)
  yield info('… an image: Vitrine, PyTorch', times.map(milliseconds).join(', '))
  yield info('… of that beyond its training step', sides.map(rest).map(milliseconds).join(', '))
}
