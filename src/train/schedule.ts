/** A learning rate for every optimizer step, counted from 0. */
export type Schedule = (step: number) => number

export interface WarmupCosineOptions {
  /** The highest learning rate. */
  learningRate: number
  totalSteps: number
  /** Steps of linear rise at the start. */
  warmupSteps?: number
  /** The learning rate at the end, as a share of the highest. */
  finalShare?: number
}

/** Linear warm-up, then half a cosine down (Loshchilov and Hutter, "SGDR", 2016). */
export function warmupCosine({
  learningRate,
  totalSteps,
  warmupSteps = 0,
  finalShare = 0,
}: WarmupCosineOptions): Schedule {
  return (step) => {
    if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
    return learningRate * (finalShare + ((1 - finalShare) * (1 + Math.cos(Math.PI * progress))) / 2)
  }
}
