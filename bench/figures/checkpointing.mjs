import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atMost, gigabytes, info, ratio, seconds } from '../lib/rows.mjs'

const rounds = 3
/** Embedding, heads, batch, steps. */
const step = ['768', '12', '4', '3']

export const skip = () => (existsSync('/proc/self/status') ? undefined : 'needs /proc')

/** Steps of ViT-B with checkpointing and without, each in a process of its own, in turns. */
export async function* measure() {
  const script = fileURLToPath(new URL('../lib/time-step.mjs', import.meta.url))
  const run = (...flags) =>
    JSON.parse(execFileSync(process.execPath, [script, ...step, ...flags], { encoding: 'utf8' }))
  const [plain, checkpointed] = [[], []]
  for (let i = 0; i < rounds; i++) {
    plain.push(run())
    checkpointed.push(run('--checkpointing'))
  }
  const both = (figure) => [plain, checkpointed].map((runs) => runs.map(figure).sort((a, b) => a - b)[rounds >> 1])
  const activations = both(({ bytes, rest, gradients }) => bytes - rest - gradients)
  const computed = both(({ bytes, rest }) => bytes - rest)
  const times = both((result) => result.seconds)
  const quotient = ([a, b]) => b / a
  yield atMost('ViT-B, batch 4, checkpointing: activation memory, against without', quotient(activations), 0.5, ratio)
  yield info('… without, with', activations.map(gigabytes).join(', '))
  yield info(
    '… peak memory (VmHWM) without, with',
    both(({ bytes }) => bytes)
      .map(gigabytes)
      .join(', '),
  )
  yield info('… ratio where gradients count as activations', ratio(quotient(computed)))
  yield atMost('… time of a step, against without', quotient(times), 1.35, ratio)
  yield info('… without, with', times.map(seconds).join(', '))
}
