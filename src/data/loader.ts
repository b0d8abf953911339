import { UserError } from '../errors.js'
import type { Preprocessor } from '../image/index.js'
import { elementCount, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import { type Augmentation, checkAugmentation, trainingOrder } from './augment/index.js'
import { mapConcurrently } from './concurrent.js'
import type { Sample } from './image-folder.js'
import { LocalPictures, type PictureSource } from './pictures.js'
import { prefetch } from './prefetch.js'

/** Pictures that go through a model together. */
export interface Batch {
  /** float32 [n, 3, height, width]. It belongs to whoever receives the batch. */
  pixels: Tensor
  /** int64 [n]. */
  labels: Tensor
  samples: Sample[]
}

/** Where in a training run to start, its seed, and how its pictures are augmented. */
export interface EpochOptions extends Augmentation {
  seed: number
  epoch: number
  /** The number of batches of this epoch to leave out at its start, to take a run up again. */
  startBatch?: number
}

/**
 * Gives pictures batch by batch, and prepares the next ones while the caller works on one. Its generators throw a UserError
 * naming the file where a picture cannot be read, and end their work when they are closed.
 */
export interface Loader {
  /**
   * One epoch of training batches: shuffled, each picture augmented by chance; a last batch that is not full is dropped.
   * Every draw depends on seed, epoch and place alone, so each batch is the same wherever a run starts, and however many
   * threads prepare it.
   * @throws UserError where the samples do not fill one batch, or the augmentation cannot be
   */
  training(samples: readonly Sample[], options: EpochOptions): AsyncGenerator<Batch>
  /** The samples in order, prepared as the model sees them in use; the last batch may be short. */
  evaluation(samples: readonly Sample[]): AsyncGenerator<Batch>
  /** From now on keeps decoded pictures in memory, up to so many bytes in all; batches are the same. None unless called. */
  keep(bytes: number): void
  /** Frees what the loader holds; to be called when its generators are closed. */
  close(): Promise<void>
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

/** Batches of the pictures that a source prepares. */
export class PictureLoader implements Loader {
  constructor(
    private readonly pictures: PictureSource,
    private readonly batchSize: number,
  ) {}

  training(samples: readonly Sample[], options: EpochOptions): AsyncGenerator<Batch> {
    const { seed, epoch, startBatch = 0, ...augmentation } = options
    checkAugmentation(augmentation)
    const count = batchesPerEpoch(samples.length, this.batchSize)
    const order = trainingOrder(new Random(seed, 'shuffle', epoch).shuffle(samples), augmentation.repeats)
    const prepare = ({ path }: Sample, place: number) =>
      this.pictures.training(path, { seed, epoch, place }, augmentation)
    return this.batches(order, startBatch, count, prepare)
  }

  evaluation(samples: readonly Sample[]): AsyncGenerator<Batch> {
    const count = Math.ceil(samples.length / this.batchSize)
    return this.batches(samples, 0, count, ({ path }) => this.pictures.evaluation(path))
  }

  keep(bytes: number): void {
    this.pictures.keep(bytes)
  }

  close(): Promise<void> {
    return this.pictures.close()
  }

  private batches(samples: readonly Sample[], start: number, end: number, prepare: Prepare): AsyncGenerator<Batch> {
    return prefetch(start, end, (batch, signal) => {
      const first = batch * this.batchSize
      const members = samples.slice(first, first + this.batchSize)
      return this.load(members, (sample, i) => prepare(sample, first + i), signal)
    })
  }

  private async load(samples: Sample[], prepare: Prepare, signal: AbortSignal): Promise<Batch> {
    const { concurrency, shape: picture } = this.pictures
    const shape = [samples.length, ...picture]
    const data = new Float32Array(elementCount(shape))
    const put = async (sample: Sample, i: number) => data.set(await prepare(sample, i), i * elementCount(picture))
    await mapConcurrently(samples, concurrency, put, signal)
    const labels = samples.map((sample) => sample.label)
    return { pixels: { dtype: 'float32', shape, data }, labels: tensor('int64', labels), samples }
  }
}

/** Batches of pictures that are prepared in this thread. */
export class BatchLoader extends PictureLoader {
  constructor(files: Files, preprocessor: Preprocessor, batchSize: number) {
    super(new LocalPictures(files, preprocessor), batchSize)
  }
}

/** Pictures [batch, channels, height, width] mirrored left to right, for a test-time flip. */
export function mirrored({ dtype, shape, data }: Tensor): Tensor {
  const width = shape.at(-1)!
  const result = data.slice()
  for (let start = 0; start < result.length; start += width) result.subarray(start, start + width).reverse()
  return { dtype, shape, data: result }
}
