import { execFileSync } from 'node:child_process'
import { missingPackages, python } from '../lib/python.mjs'
import { atMost, info, ratio, seconds } from '../lib/rows.mjs'

// The smallest differs least from PyTorch's and most from run to run, so it takes more turns.
const models = [
  ['ViT-Ti', 192, 3, 16, 7],
  ['ViT-S', 384, 6, 8, 3],
  ['ViT-B', 768, 12, 4, 3],
]
const steps = 5

export const skip = () => missingPackages(['torch', 'timm'])

/** Training steps against PyTorch's, each side in processes of its own, in turns. */
export async function* measure() {
  for (const [name, dim, heads, batch, rounds] of models) {
    const numbers = [dim, heads, batch, steps].map(String)
    const run = (command, script) => JSON.parse(execFileSync(command, [script, ...numbers], { encoding: 'utf8' }))
    const [ours, torch] = [[], []]
    for (let i = 0; i < rounds; i++) {
      ours.push(run(process.execPath, 'bench/lib/time-step.mjs'))
      torch.push(run(python, 'tools/time-pytorch-step.py'))
    }
    const median = (runs, key) => runs.map((result) => result[key]).sort((a, b) => a - b)[rounds >> 1]
    const times = [median(ours, 'seconds'), median(torch, 'seconds')]
    const memory = [median(ours, 'bytes'), median(torch, 'bytes')]
    yield atMost(`${name} training step, batch ${batch}, against PyTorch: time`, times[0] / times[1], 1, ratio)
    yield info('… Vitrine, PyTorch', times.map(seconds).join(', '))
    yield atMost('… peak memory', memory[0] / memory[1], 1, ratio)
  }
}
