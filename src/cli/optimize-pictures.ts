import { basename, dirname } from 'node:path'
import { findPictures, readImage } from '../data/index.js'
import { UserError } from '../errors.js'
import { defaultPreprocessor, Preprocessor } from '../image/index.js'
import type { Trial } from '../inspect/optimize/index.js'
import { guessedPreprocessor, preprocessorOfFile } from '../pipeline/onnx-about.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { say } from './errors.js'
import type { OpenOnnx } from './open-onnx.js'

/** More pictures tell no more about how close two models are. */
const mostPictures = 8

/** Pictures of a folder, prepared as the model takes them. @throws UserError where it takes none, or there are none */
export async function picturesFor({ path, model: { graph } }: OpenOnnx, folder: string): Promise<Trial[]> {
  const [input, ...others] = graph.inputs
  if (!input?.isTyped || input.rank !== 4 || input.dtype !== 'float32' || others.length > 0)
    throw new UserError(`${path} takes no pictures as [batch, channels, height, width]: leave --images out`)
  const [batch, channels, height] = input.shape
  const preprocessor = await preprocessorFor(path, graph, typeof height === 'number' ? height : 224)
  const found = await findPictures(nodeFiles, folder)
  if (found.length === 0) throw new UserError(`${folder} holds no pictures: name a folder with some with --images`)
  const count = typeof batch === 'number' ? batch : 1
  const trials = []
  for (const file of found.slice(0, mostPictures)) {
    const pixels = await preprocessor.evaluate(await readImage(nodeFiles, file))
    const { height, width } = preprocessor.config.crop
    const shape = [count, preprocessor.channels, height, width]
    if (typeof channels === 'number' && channels !== shape[1])
      throw new UserError(`${path} takes pictures of ${channels} channels, not ${shape[1]}: leave --images out`)
    trials.push({
      name: file,
      feeds: () => ({ [input.name]: { dtype: 'float32' as const, shape, data: repeated(pixels, count) } }),
    })
  }
  await preprocessor.close()
  return trials
}

async function preprocessorFor(path: string, graph: OpenOnnx['model']['graph'], imageSize: number) {
  const folder = basename(dirname(path)) === 'onnx' ? dirname(dirname(path)) : dirname(path)
  const known = await preprocessorOfFile(nodeFiles, graph, path, `${folder}/`)
  const config = known ?? defaultPreprocessor(imageSize)
  if (!known) say(`note: ${guessedPreprocessor(path, config)}`)
  return new Preprocessor(inlineRuntime, config)
}

/** The same picture in every place of a batch. */
function repeated(pixels: Float32Array, count: number): Float32Array {
  const batch = new Float32Array(count * pixels.length)
  for (let i = 0; i < count; i++) batch.set(pixels, i * pixels.length)
  return batch
}
