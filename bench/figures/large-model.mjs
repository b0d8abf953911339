import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { atMost, count, gigabytes, info, seconds } from '../lib/rows.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => (existsSync('/proc/self/status') ? undefined : 'needs Linux, whose kernel tells peak memory')

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`

/** ViT-H with its weights in a file beside the model, looked into without reading them. */
export async function* measure() {
  const path = await largeModel()
  const dataPath = `${path}.data`
  const before = statSync(dataPath)
  yield info('ViT-H/14: weights in a file beside the model', gigabytes(before.size))
  const command = await vitrine(['inspect', path], { watchMemory: true })
  yield atMost('vitrine inspect: wall time', command.seconds, 3, seconds)
  yield atMost('vitrine inspect: peak memory', command.peakBytes, 300e6, megabytes)
  const read = JSON.parse(
    execFileSync(process.execPath, ['bench/lib/read-large-model.mjs', path], { encoding: 'utf8' }),
  )
  yield atMost('readModel and understand, with loading Vitrine', read.seconds, 3, seconds)
  yield atMost('peak memory', read.peakBytes, 300e6, megabytes)
  // Vectors of a few kilobytes are read, since they may describe shapes.
  yield atMost('bytes of weights read', read.bytesBeside, 1e5, count)
  yield { figure: 'encoder layers found', required: '32', measured: count(read.layers), ok: read.layers === 32 }
  const after = statSync(dataPath)
  const isUntouched = after.mtimeMs === before.mtimeMs && after.size === before.size
  yield {
    figure: 'the weights were not touched',
    required: 'yes',
    measured: isUntouched ? 'yes' : 'no',
    ok: isUntouched,
  }
}

/** VITRINE_LARGE_MODEL names a folder that keeps the model, which takes half a minute to make. */
async function largeModel() {
  const path = join(process.env.VITRINE_LARGE_MODEL ?? temporaryFolder(), 'model.onnx')
  if (!existsSync(path)) await vitrine(['export', 'vit_huge_patch14_224', '--output', path])
  return path
}
