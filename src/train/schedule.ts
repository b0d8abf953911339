/** A learning rate for every optimizer step, counted from 0. */
export type Schedule = (step: number) => number

export interface DecayOptions {
  /** The highest learning rate, which it starts with. */
  learningRate: number
  /** Steps until the end, where the learning rate then stays. */
  totalSteps: number
  /** The learning rate at the end, as a share of the highest. */
  finalShare?: number
}

/** Half a cosine down (Loshchilov and Hutter, "SGDR", 2016). */
export function cosine(options: DecayOptions): Schedule {
  return decay(options, (progress) => (1 + Math.cos(Math.PI * progress)) / 2)
}

/** A straight line down. */
export function linear(options: DecayOptions): Schedule {
  return decay(options, (progress) => 1 - progress)
}

function decay(
  { learningRate, totalSteps, finalShare = 0 }: DecayOptions,
  shape: (progress: number) => number,
): Schedule {
  return (step) => {
    const progress = Math.min(1, step / Math.max(1, totalSteps))
    return learningRate * (finalShare + (1 - finalShare) * shape(progress))
  }
}

export interface StepDecayOptions {
  learningRate: number
  /** After every so many steps the learning rate is multiplied with `factor`. */
  stepSize: number
  factor?: number
}

/** A flight of stairs, in the form of PyTorch's `StepLR`. */
export function stepDecay({ learningRate, stepSize, factor = 0.1 }: StepDecayOptions): Schedule {
  return (step) => learningRate * factor ** Math.floor(step / stepSize)
}

export interface OneCycleOptions {
  /** The highest learning rate. */
  learningRate: number
  totalSteps: number
  /** The share of the steps in which it rises. */
  riseShare?: number
  /** The highest learning rate over that of the first step. */
  startFactor?: number
  /** The learning rate of the first step over that of the last. */
  endFactor?: number
}

/** Up and down along half cosines (Smith and Topin, "Super-Convergence", 2018), in the form of PyTorch's `OneCycleLR`. */
export function oneCycle({
  learningRate,
  totalSteps,
  riseShare = 0.3,
  startFactor = 25,
  endFactor = 1e4,
}: OneCycleOptions): Schedule {
  const start = learningRate / startFactor
  const end = start / endFactor
  const top = riseShare * totalSteps - 1
  const between = (from: number, to: number, progress: number) =>
    to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2
  return (step) => {
    if (step < top) return between(start, learningRate, step / top)
    return between(learningRate, end, Math.min(1, (step - top) / (totalSteps - 1 - top)))
  }
}

/** A linear rise to the first learning rate of a schedule, before it: the first step has 1/steps of it, not nothing. */
export function withWarmup(steps: number, schedule: Schedule): Schedule {
  return (step) => (step < steps ? (schedule(0) * (step + 1)) / steps : schedule(step - steps))
}

/** A schedule of epochs: the learning rate stays the same within each. */
export function perEpoch(stepsPerEpoch: number, schedule: Schedule): Schedule {
  return (step) => schedule(Math.floor(step / stepsPerEpoch))
}

export interface WarmupCosineOptions extends DecayOptions {
  /** Steps of linear rise at the start, which count among all. */
  warmupSteps?: number
}

/** Linear warm-up, then half a cosine down. */
export function warmupCosine({ warmupSteps = 0, totalSteps, ...options }: WarmupCosineOptions): Schedule {
  return withWarmup(warmupSteps, cosine({ ...options, totalSteps: totalSteps - warmupSteps }))
}
