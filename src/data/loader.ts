import { UserError } from '../errors.js'
import type { Preprocessor } from '../image/index.js'
import { elementCount, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import { randomFlip, randomResizedCrop } from './augment/index.js'
import { mapConcurrently } from './concurrent.js'
import type { Sample } from './image-folder.js'
import { prefetch } from './prefetch.js'
import { readImage } from './read-image.js'

/** Pictures that go through a model together. */
export interface Batch {
  /** float32 [n, 3, height, width]. It belongs to whoever receives the batch. */
  pixels: Tensor
  /** int64 [n]. */
  labels: Tensor
  samples: Sample[]
}

/** Where in a training run to start, and its seed. */
export interface EpochOptions {
  seed: number
  epoch: number
  /** The number of batches of this epoch to leave out at its start, to take a run up again. */
  startBatch?: number
  /** The smallest and largest share of a picture's area that a crop shows. */
  cropScale?: [number, number]
}

/** The pixels of a sample, float32 [3, height, width], given its place among the samples. */
type Prepare = (sample: Sample, place: number) => Promise<Float32Array>

/** The number of whole batches that `samples` pictures fill. @throws UserError where they do not fill one */
export function batchesPerEpoch(samples: number, batchSize: number): number {
  if (samples < batchSize)
    throw new UserError(
      `${samples} training pictures do not fill a batch of ${batchSize}: choose a --batch-size of at most ${samples}`,
    )
  return Math.floor(samples / batchSize)
}

/**
 * Reads pictures and prepares them for a model, batch by batch. While the caller works on one batch the next is prepared.
 * Its generators throw a UserError naming the file where a picture cannot be read, and end their work when they are closed.
 */
export class BatchLoader {
  constructor(
    private readonly files: Files,
    private readonly preprocessor: Preprocessor,
    private readonly batchSize: number,
  ) {}

  /**
   * One epoch of training batches: shuffled, each picture cropped and mirrored by chance; a last batch that is not full
   * is dropped. Every draw depends on seed, epoch and place alone, so each batch is the same wherever a run starts.
   * @throws UserError where the samples do not fill one batch
   */
  training(
    samples: readonly Sample[],
    { seed, epoch, startBatch = 0, cropScale }: EpochOptions,
  ): AsyncGenerator<Batch> {
    const count = batchesPerEpoch(samples.length, this.batchSize)
    const prepare = async (sample: Sample, place: number) => {
      const image = await readImage(this.files, sample.path)
      const random = new Random(seed, 'augment', epoch, place)
      const crop = randomResizedCrop(random, image.height, image.width, cropScale && { scale: cropScale })
      return this.preprocessor.augment(image, crop, randomFlip(random))
    }
    return this.batches(new Random(seed, 'shuffle', epoch).shuffle(samples), startBatch, count, prepare)
  }

  /** The samples in order, prepared as the model sees them in use; the last batch may be short. */
  evaluation(samples: readonly Sample[]): AsyncGenerator<Batch> {
    const prepare = async ({ path }: Sample) => this.preprocessor.evaluate(await readImage(this.files, path))
    return this.batches(samples, 0, Math.ceil(samples.length / this.batchSize), prepare)
  }

  private batches(samples: readonly Sample[], start: number, end: number, prepare: Prepare): AsyncGenerator<Batch> {
    return prefetch(start, end, (batch, signal) => {
      const first = batch * this.batchSize
      const members = samples.slice(first, first + this.batchSize)
      return this.load(members, (sample, i) => prepare(sample, first + i), signal)
    })
  }

  private async load(samples: Sample[], prepare: Prepare, signal: AbortSignal): Promise<Batch> {
    const { height, width } = this.preprocessor.config.crop
    const { channels } = this.preprocessor
    const shape = [samples.length, channels, height, width]
    const data = new Float32Array(elementCount(shape))
    const put = async (sample: Sample, i: number) => data.set(await prepare(sample, i), i * channels * height * width)
    // Two at a time: one is decoded while another goes through the graph.
    await mapConcurrently(samples, 2, put, signal)
    const labels = samples.map((sample) => sample.label)
    return { pixels: { dtype: 'float32', shape, data }, labels: tensor('int64', labels), samples }
  }
}
