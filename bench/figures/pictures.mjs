import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { missingPackages, python } from '../lib/python.mjs'
import { missing, photos } from '../lib/shared.mjs'

export const skip = () =>
  missing(photos) ?? missingPackages(['torch', 'timm', 'transformers', 'torchvision', 'PIL', 'numpy'])

/** Pictures as a model gets them, against Pillow and the libraries, on random pairs of photo and config. */
export async function* measure() {
  const seed = randomInt(1, 2 ** 31)
  const args = ['tools/check-preprocessing.py', photos, '--pairs', '510', '--seed', String(seed)]
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' })
  const [, pairs, worst] = stdout.match(/^all +(\d+) +([\d.]+)/m) ?? []
  if (pairs === undefined) throw new Error(`${args.join(' ')} failed: ${stderr}`)
  if (status !== 0) console.error(stdout)
  yield {
    figure: `${pairs} pairs of photo and config, seed ${seed}: most off`,
    required: '≤ 1/255',
    measured: `${worst}/255`,
    ok: status === 0 && Number(pairs) >= 500,
  }
}
