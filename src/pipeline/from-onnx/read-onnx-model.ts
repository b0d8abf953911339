import { UserError } from '../../errors.js'
import { defaultPreprocessor, type PreprocessorConfig } from '../../image/index.js'
import { completeConfig, type ViTConfig } from '../../nn/index.js'
import { externalLocations, readModel } from '../../onnx/index.js'
import type { Files } from '../../runtime/files.js'
import type { Runtime } from '../../runtime/session.js'
import type { Weights } from '../../weights/index.js'
import { encodeForRuntime, folderOf } from '../encode-for-runtime.js'
import { takesPictures } from '../model.js'
import { guessedPreprocessor, labelsOfFile, preprocessorOfFile } from '../onnx-about.js'
import type { RunnableFile } from './compare.js'
import { vitFromOnnx } from './vit-from-onnx.js'

/** A checkpoint with the options of its model and how pictures are prepared for it. */
export interface Checkpoint {
  /** `source` is the library whose layout it had. */
  weights: Omit<Weights, 'source'> & { source: Weights['source'] | 'onnx' }
  config: ViTConfig
  preprocessor: PreprocessorConfig
  /** What had to be guessed, a sentence each. */
  guesses: readonly string[]
}

/**
 * The ViT in an `.onnx` file as a checkpoint: its weights by timm name, labels and preprocessing from its metadata or the
 * files beside it.
 * @param folder where the files about it are, with a slash at the end
 * @param known options that only matter while training
 * @throws UserError where it is no Vision Transformer that can be rebuilt
 */
export async function readOnnxModel(
  files: Files,
  path: string,
  folder: string,
  runtime: Runtime,
  known: Partial<ViTConfig>,
): Promise<Checkpoint> {
  const file = await readFile(files, path)
  const { vit, notes } = await vitFromOnnx(path, file, runtime, (graph) => encodeForRuntime(files, graph))
  const { dropout = 0, attentionDropout = 0, dropPath = 0 } = known
  const config = completeConfig({ ...vit.config, dropout, attentionDropout, dropPath })
  const own = takesPictures(config) ? await preprocessorOfFile(files, file.graph, path, folder) : undefined
  const preprocessor = own ?? defaultPreprocessor(config.imageSize)
  const labels = await labelsOfFile(files, file.graph, path, folder)
  return {
    weights: {
      source: 'onnx',
      file: path,
      tensors: vit.stateDict(),
      matched: vit.parameters.size,
      transposed: [],
      merged: [],
      dropped: [],
      unexpected: [],
      notes: [...notes],
      ...(labels && { labels }),
    },
    config,
    preprocessor,
    guesses: own ? [] : [guessedPreprocessor(path, preprocessor)],
  }
}

async function readFile(files: Files, path: string): Promise<RunnableFile> {
  const model = await files.read(path)
  const externalData: Record<string, Uint8Array> = {}
  const explain = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw new UserError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
    }
  }
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  for (const location of explain(() => externalLocations(model)))
    externalData[location] = await files.read(`${folder}${location}`)
  const { graph } = explain(() => readModel(model, (location) => externalData[location]!))
  const externalFolder = await folderOf(files, externalData)
  return { model, graph, ...(externalFolder === undefined ? { externalData } : { externalFolder }) }
}
