import type { PreprocessorConfig } from '../../image/index.js'
import type { Tensor } from '../../onnx/index.js'
import type { Files } from '../../runtime/files.js'
import type { EpochMetrics } from '../checkpoint.js'
import { batchPicture } from './batch-picture.js'
import { TensorBoardWriter } from './writer.js'

/** What a step tells: loss and accuracy of its batch, and the norm of the gradients before they are clipped. */
export interface StepMetrics {
  loss: number
  accuracy: number
  learningRate: number
  gradientNorm: number
}

/**
 * A training run for TensorBoard, in the folder `tensorboard` of the run folder. Steps count from 1 over all epochs, and
 * what is told of an epoch stands at its last step, so that all charts share their axis.
 */
export class TrainingLog {
  private constructor(private readonly writer: TensorBoardWriter) {}

  /** `resumedAt` is the first step of a run that is taken up again. @throws UserError where the folder cannot be written */
  static async open(files: Files, runFolder: string, resumedAt?: number): Promise<TrainingLog> {
    return new TrainingLog(await TensorBoardWriter.open(files, `${runFolder}/tensorboard`, { resumedAt }))
  }

  step({ loss, accuracy, learningRate, gradientNorm }: StepMetrics, step: number): Promise<void> {
    const values = { loss, accuracy, learning_rate: learningRate, gradient_norm: gradientNorm }
    return this.writer.scalars(inGroup('step', values), step)
  }

  epoch({ trainLoss, trainAccuracy, validationLoss, validationAccuracy }: EpochMetrics, step: number): Promise<void> {
    const values = {
      train_loss: trainLoss,
      train_accuracy: trainAccuracy,
      validation_loss: validationLoss,
      validation_accuracy: validationAccuracy,
    }
    return this.writer.scalars(inGroup('epoch', values), step)
  }

  /** Augmented training pictures, as `batchPicture` takes them. Call it before the step takes the pixels over. */
  async pictures(pixels: Tensor, preprocessor: PreprocessorConfig, step: number): Promise<void> {
    await this.writer.image('training_pictures', await batchPicture(pixels, preprocessor), step)
  }

  /** A histogram of each parameter; its name `blocks.3.attn.qkv.weight` becomes a chart of the group `blocks.3`. */
  async weights(parameters: Readonly<Record<string, Tensor>>, step: number): Promise<void> {
    for (const [name, { data }] of Object.entries(parameters))
      await this.writer.histogram(name.replace(/^(blocks\.\d+|[^.]+)\./, '$1/'), data as Float32Array, step)
  }
}

const inGroup = (group: string, values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]))
