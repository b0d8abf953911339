import { mirrored } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor, type RgbImage } from '../image/index.js'
import type { Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime, Session } from '../runtime/session.js'
import { runInParts } from './fixed-batch.js'
import { readForUse } from './ready-model.js'

/** One class and how probable the model finds it, 0 to 1. */
export interface Prediction {
  label: string
  score: number
}

/** Tells what is in a picture: preprocessing, model and labels in one. */
export class Classifier {
  private constructor(
    private readonly name: string,
    private readonly session: Session,
    private readonly fixedBatch: number | undefined,
    readonly preprocessor: Preprocessor,
    readonly labels: readonly string[],
    /** What its files do not tell and had to be guessed, a sentence each. */
    readonly notes: readonly string[],
  ) {}

  /**
   * Loads a run folder, an `.onnx` file, a model folder or a preset for use.
   * @throws UserError where there is no such model, or it cannot be used to classify pictures
   */
  static async load(files: Files, runtime: Runtime, name: string): Promise<Classifier> {
    runtime.preload?.()
    const { model, fixedBatch, labels, preprocessor, notes = [], ...external } = await readForUse(files, name)
    const session = await runtime.createSession(model, external).catch((error: Error) => {
      throw new UserError(`${name} cannot be run: ${error.message}`)
    })
    return new Classifier(name, session, fixedBatch, new Preprocessor(runtime, preprocessor), labels, notes)
  }

  /** Logits [batch, classes] for prepared pixels [batch, channels, height, width], which may be taken over. */
  logits(pixels: Tensor): Promise<Tensor> {
    return this.fixedBatch === undefined
      ? this.run(pixels)
      : runInParts(pixels, this.fixedBatch, (part) => this.run(part))
  }

  private async run(pixels: Tensor): Promise<Tensor> {
    const { inputNames, outputNames } = this.session
    const results = await this.session.run({ [inputNames[0]!]: pixels }).catch((error: Error) => {
      throw new UserError(`${this.name} cannot be run on a picture: ${error.message}`)
    })
    return results[outputNames[0]!]!
  }

  /**
   * The `topK` most probable classes of a picture, best first; with `flip`, by the mean of its probabilities and those of
   * its mirror image. The picture's bytes may be taken over.
   */
  async classify(image: RgbImage, topK = this.labels.length, { flip = false } = {}): Promise<Prediction[]> {
    const { height, width } = this.preprocessor.config.crop
    const data = await this.preprocessor.evaluate(image)
    const pixels: Tensor = { dtype: 'float32', shape: [1, this.preprocessor.channels, height, width], data }
    const probabilities: number[][] = []
    // Mirrored first: the session may take the pixels over.
    for (const view of flip ? [mirrored(pixels), pixels] : [pixels])
      probabilities.push(softmax((await this.logits(view)).data as Float32Array))
    return topPredictions(meanOf(probabilities), this.labels, topK)
  }

  async close(): Promise<void> {
    await this.preprocessor.close()
    await this.session.close()
  }
}

/** The probabilities that logits stand for. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits)
  const highest = Math.max(...values)
  const exponentials = values.map((value) => Math.exp(value - highest))
  const sum = exponentials.reduce((a, b) => a + b, 0)
  return exponentials.map((value) => value / sum)
}

/** The mean of lists of equal length, place by place. */
export function meanOf(lists: readonly (readonly number[])[]): number[] {
  return lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / lists.length)
}

/** The `topK` classes of highest probability, best first. */
export function topPredictions(
  probabilities: readonly number[],
  labels: readonly string[],
  topK: number,
): Prediction[] {
  return probabilities
    .map((score, i) => ({ label: labels[i] ?? `class ${i}`, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK)
}
