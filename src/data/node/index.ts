import type { PreprocessorConfig } from '../../image/index.js'
import { type Loader, PictureLoader } from '../loader.js'
import { type WorkerOptions, WorkerPictures } from './worker-pictures.js'

export { type WorkerOptions, WorkerPictures }

/** A loader that reads, decodes and augments pictures of Node's file system in worker threads. To be closed after use. */
export function workerLoader(config: PreprocessorConfig, batchSize: number, options: WorkerOptions): Loader {
  return new PictureLoader(new WorkerPictures(config, options), batchSize)
}
