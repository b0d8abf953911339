import { UserError } from '../errors.js'
import { encodeModel, type Graph } from '../onnx/index.js'
import type { Runtime, Session, Tensors } from '../runtime/session.js'
import type { RgbImage } from './decode.js'
import { augmentationGraph, croppingGraph, evaluationGraph, normalisingGraph } from './preprocess-graph.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

/** A rectangle of a picture, in pixels. */
export interface Crop {
  top: number
  left: number
  height: number
  width: number
}

/**
 * Turns pictures into the input of a model: float32 [channels, crop height, crop width], flat. The graphs that do it are loaded
 * when they are first used. A picture's bytes may be taken over by the runtime and must not be used again.
 */
export class Preprocessor {
  private evaluation: Promise<Session> | undefined
  private augmentation: Promise<Session> | undefined
  private cropping: Promise<Session> | undefined
  private normalising: Promise<Session> | undefined

  constructor(
    private readonly runtime: Runtime,
    readonly config: PreprocessorConfig,
  ) {}

  /** 3, or 1 where pictures become grey. */
  get channels(): 1 | 3 {
    return this.config.mean.length
  }

  /** The picture as the model sees it when it is used or evaluated. @throws UserError where it has to have a size already */
  async evaluate(image: RgbImage): Promise<Float32Array> {
    const { align, crop } = this.config
    if (align === 'none' && (image.height !== crop.height || image.width !== crop.width))
      throw new UserError(
        `a picture is ${image.width}×${image.height}, and this model's preprocessing resizes none: give it ${crop.width}×${crop.height}`,
      )
    this.evaluation ??= this.load(evaluationGraph(this.config))
    return run(await this.evaluation, { image: imageTensor(image) })
  }

  /** A part of the picture, scaled to the model's input and mirrored where `flip` is set, for training. */
  async augment(image: RgbImage, crop: Crop, flip: boolean): Promise<Float32Array> {
    this.augmentation ??= this.load(augmentationGraph(this.config))
    return run(await this.augmentation, cropFeeds(image, crop, flip))
  }

  /** The first half of `augment`: a part of the picture at the size of the model's input, still in colours and bytes. */
  async crop(image: RgbImage, crop: Crop, flip: boolean): Promise<RgbImage> {
    this.cropping ??= this.load(croppingGraph(this.config))
    const session = await this.cropping
    const { picture } = await session.run(cropFeeds(image, crop, flip))
    return { ...this.config.crop, data: picture!.data as Uint8Array }
  }

  /** The second half of `augment`: what `crop` gave, as the model wants it. */
  async normalise(picture: RgbImage): Promise<Float32Array> {
    this.normalising ??= this.load(normalisingGraph(this.config))
    return run(await this.normalising, { picture: imageTensor(picture) })
  }

  /** Frees the graphs that were loaded. */
  async close(): Promise<void> {
    for (const session of [this.evaluation, this.augmentation, this.cropping, this.normalising])
      await (await session)?.close()
  }

  /** One thread: a picture takes a few milliseconds, and the other cores are training. */
  private load(graph: Graph): Promise<Session> {
    return this.runtime.createSession(encodeModel(graph), { threads: 1 })
  }
}

async function run(session: Session, feeds: Tensors): Promise<Float32Array> {
  const { pixel_values } = await session.run(feeds)
  return pixel_values!.data as Float32Array
}

function cropFeeds(image: RgbImage, crop: Crop, flip: boolean): Tensors {
  return {
    image: imageTensor(image),
    crop: int64([4], crop.top, crop.left, crop.height, crop.width),
    flip: int64([], Number(flip)),
  }
}

function imageTensor({ width, height, data }: RgbImage) {
  return { dtype: 'uint8' as const, shape: [height, width, 3], data }
}

function int64(shape: number[], ...values: number[]) {
  return { dtype: 'int64' as const, shape, data: BigInt64Array.from(values, BigInt) }
}
