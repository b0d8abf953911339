import { UserError } from '../errors.js'
import { encodeModel } from '../onnx/index.js'
import type { Runtime, Session } from '../runtime/session.js'
import type { RgbImage } from './decode.js'
import { evaluationGraph } from './preprocess-graph.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

/**
 * Turns pictures into the input of a model in use or under evaluation: float32 [channels, crop height, crop width], flat.
 * It is done by a graph, which ships with the model, and is loaded when it is first used. A picture's bytes may be taken
 * over by the runtime and must not be used again.
 */
export class Preprocessor {
  private session: Promise<Session> | undefined

  constructor(
    private readonly runtime: Runtime,
    readonly config: PreprocessorConfig,
  ) {}

  /** 3, or 1 where pictures become grey. */
  get channels(): 1 | 3 {
    return this.config.mean.length
  }

  /** The picture as the model sees it when it is used or evaluated. @throws UserError where it has to have a size already */
  async evaluate({ width, height, data }: RgbImage): Promise<Float32Array> {
    const { align, crop } = this.config
    if (align === 'none' && (height !== crop.height || width !== crop.width))
      throw new UserError(
        `a picture is ${width}×${height}, and this model's preprocessing resizes none: give it ${crop.width}×${crop.height}`,
      )
    // One thread: a picture takes a few milliseconds, and the other cores are training.
    this.session ??= this.runtime.createSession(encodeModel(evaluationGraph(this.config)), { threads: 1 })
    const session = await this.session
    const { pixel_values } = await session.run({ image: { dtype: 'uint8', shape: [height, width, 3], data } })
    return pixel_values!.data as Float32Array
  }

  /** Frees the graph, where it was loaded. */
  async close(): Promise<void> {
    await (await this.session)?.close()
  }
}
