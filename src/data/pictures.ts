import { cropPicture, normalisePicture, type Preprocessor } from '../image/index.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import { type Augmentation, augmentPixels, erase, meanColour, randomFlip, randomResizedCrop } from './augment/index.js'
import { PictureCache } from './picture-cache.js'

/** What the draws for a training picture depend on, and nothing else. */
export interface Draw {
  seed: number
  epoch: number
  /** The picture's place in its epoch. */
  place: number
}

/**
 * Prepares pictures for a model, from their files to normalised pixels, in this thread or in others. Its functions throw a
 * UserError naming the file where a picture cannot be read.
 */
export interface PictureSource {
  /** Of one picture's pixels: [channels, height, width]. */
  readonly shape: readonly [number, number, number]
  /** How many pictures are worth asking for at a time. */
  readonly concurrency: number
  /** float32 [channels, height, width], augmented. The array belongs to the caller. */
  training(path: string, draw: Draw, augmentation: Augmentation): Promise<Float32Array>
  /** The same as the model sees the picture in use. */
  evaluation(path: string): Promise<Float32Array>
  /** From now on keeps decoded pictures in memory, up to so many bytes in all, so that they need not be decoded again. */
  keep(bytes: number): void
  /** Ends its work and frees its memory. */
  close(): Promise<void>
}

/** Prepares pictures in this thread. The preprocessor stays the caller's. */
export class LocalPictures implements PictureSource {
  /** One is decoded while another goes through the graph. */
  readonly concurrency = 2
  private readonly cache: PictureCache

  constructor(
    files: Files,
    private readonly preprocessor: Preprocessor,
  ) {
    this.cache = new PictureCache(files)
  }

  get shape(): [number, number, number] {
    const { height, width } = this.preprocessor.config.crop
    return [this.preprocessor.channels, height, width]
  }

  async training(path: string, { seed, epoch, place }: Draw, augmentation: Augmentation): Promise<Float32Array> {
    const image = await this.cache.read(path)
    const random = new Random(seed, 'augment', epoch, place)
    const { cropScale, erasing } = augmentation
    const crop = randomResizedCrop(random, image.height, image.width, cropScale && { scale: cropScale })
    const flip = randomFlip(random, augmentation.flip)
    const { config } = this.preprocessor
    const picture = cropPicture(image, crop, flip, config)
    const changed = augmentPixels(random, picture, augmentation, meanColour(config))
    const pixels = normalisePicture(changed, config)
    if (erasing) erase(random, pixels, this.shape, erasing)
    return pixels
  }

  async evaluation(path: string): Promise<Float32Array> {
    const image = await this.cache.read(path)
    // A copy where it is kept, since the runtime takes over what it is given.
    return this.preprocessor.evaluate(this.cache.has(path) ? { ...image, data: image.data.slice() } : image)
  }

  keep(bytes: number): void {
    this.cache.room = bytes
  }

  /** Whether the decoded picture is kept in memory. */
  keeps(path: string): boolean {
    return this.cache.has(path)
  }

  async close(): Promise<void> {
    this.cache.clear()
  }
}
