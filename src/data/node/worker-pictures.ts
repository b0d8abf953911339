import type { PreprocessorConfig } from '../../image/index.js'
import type { Augmentation } from '../augment/index.js'
import type { Draw, PictureSource } from '../pictures.js'
import { type Job, PictureThread } from './picture-thread.js'

export interface WorkerOptions {
  /** Threads beside this one, at least 1. */
  workers: number
}

/**
 * Prepares pictures in worker threads, so that this one stays free. Which thread prepares a picture makes no difference
 * to its pixels. A picture that a thread keeps decoded goes there again, so that none is kept twice; any other goes to
 * the thread with the least to do.
 */
export class WorkerPictures implements PictureSource {
  readonly shape: [number, number, number]
  /** Enough for each thread to find its next picture waiting; those behind are not begun when the caller stops. */
  readonly concurrency: number
  private readonly threads: PictureThread[]
  private readonly homes = new Map<string, PictureThread>()

  constructor(config: PreprocessorConfig, { workers }: WorkerOptions) {
    this.shape = [config.mean.length, config.crop.height, config.crop.width]
    this.concurrency = 4 * workers
    this.threads = Array.from({ length: workers }, () => new PictureThread(config))
  }

  training(path: string, draw: Draw, augmentation: Augmentation): Promise<Float32Array> {
    return this.prepare({ path, training: { draw, augmentation } })
  }

  evaluation(path: string): Promise<Float32Array> {
    return this.prepare({ path })
  }

  keep(bytes: number): void {
    for (const thread of this.threads) thread.keep(bytes / this.threads.length)
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()))
  }

  private async prepare(job: Job): Promise<Float32Array> {
    const thread = this.homes.get(job.path) ?? this.idlest()
    // Noted before it is known, since the same picture may be asked for again in the meantime.
    this.homes.set(job.path, thread)
    const { pixels, kept } = await thread.prepare(job)
    if (!kept && this.homes.get(job.path) === thread) this.homes.delete(job.path)
    return pixels
  }

  private idlest(): PictureThread {
    return this.threads.reduce((best, thread) => (thread.load < best.load ? thread : best))
  }
}
