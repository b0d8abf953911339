import type { StateDict, ViT } from '../nn/index.js'
import type { Files } from '../runtime/files.js'
import { parseSafetensors, serializeSafetensors } from '../weights/index.js'
import type { EpochMetrics } from './checkpoint.js'

/** The weights that epochs end with, in a run folder: those of the best epoch, and of the last few. */
export class EpochWeights {
  constructor(
    private readonly files: Files,
    private readonly folder: string,
    /** How many of the last epochs to keep, besides the best. */
    private readonly keep: number,
  ) {}

  async saveBest(vit: ViT): Promise<void> {
    await this.write(this.best, vit.stateDict())
  }

  /** Brings the best epoch's weights into the model. */
  async loadBest(vit: ViT): Promise<void> {
    const { tensors } = parseSafetensors(await this.files.read(this.best), this.best)
    vit.loadStateDict(tensors)
  }

  /** Keeps the weights of an epoch, counted from 1, and removes those that are too many now. */
  async save(vit: ViT, epoch: number): Promise<void> {
    if (this.keep === 0) return
    await this.write(this.path(epoch), vit.stateDict())
    const outdated = this.path(epoch - this.keep)
    if ((await this.files.kind(outdated)) === 'file') await this.files.remove(outdated)
  }

  private write(path: string, state: StateDict): Promise<void> {
    return this.files.write(path, serializeSafetensors(state))
  }

  private get best(): string {
    return `${this.folder}/checkpoints/best.safetensors`
  }

  private path(epoch: number): string {
    return `${this.folder}/checkpoints/epoch-${String(epoch).padStart(4, '0')}.safetensors`
  }
}

/** The best epoch so far: the highest accuracy, and of equals the lowest loss. */
export function bestOf(history: readonly EpochMetrics[]): EpochMetrics | undefined {
  return history.reduce<EpochMetrics | undefined>((best, now) => (best && !isBetter(now, best) ? best : now), undefined)
}

const isBetter = (a: EpochMetrics, b: EpochMetrics) =>
  a.validationAccuracy > b.validationAccuracy ||
  (a.validationAccuracy === b.validationAccuracy && a.validationLoss < b.validationLoss)
