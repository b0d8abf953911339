import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atMost, gigabytes, info, percent } from '../lib/rows.mjs'

const models = [
  ['ViT-Ti', { embedDim: 192, numHeads: 3 }, 16],
  ['ViT-S', { embedDim: 384, numHeads: 6 }, 8],
  ['ViT-B', { embedDim: 768, numHeads: 12 }, 4],
]

export const skip = () => (existsSync('/proc/self/status') ? undefined : 'needs /proc')

/** The memory that a training step is estimated to take, against what it took: the process's VmHWM. */
export async function* measure() {
  for (const [name, config, batch] of models) {
    const script = fileURLToPath(new URL('../lib/step-memory.mjs', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, [script, JSON.stringify(config), batch], {
      encoding: 'utf8',
    })
    if (!stdout) throw new Error(stderr)
    const { estimated, measured } = JSON.parse(stdout)
    const error = Math.abs(estimated / measured - 1)
    yield atMost(`${name} training step, batch ${batch}: memory estimate is off by`, error, 0.25, percent)
    yield info('… estimated, measured (VmHWM)', `${gigabytes(estimated)}, ${gigabytes(measured)}`)
  }
}
