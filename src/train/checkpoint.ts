import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import type { Tensors } from '../runtime/session.js'
import { parseSafetensors, serializeSafetensors } from '../weights/index.js'
import type { RunIdentity } from './recipe.js'
import type { StateEntry } from './train-step.js'

/** How training went in one epoch. Losses are means, accuracies and the learning rate at the epoch's end, time in seconds. */
export interface EpochMetrics {
  epoch: number
  trainLoss: number
  trainAccuracy: number
  validationLoss: number
  validationAccuracy: number
  learningRate: number
  seconds: number
}

/** How far training has come. */
export interface Progress {
  /** Epochs that are done. */
  epoch: number
  /** Batches of the next epoch that are done, and sums over them. */
  batch: number
  lossSum: number
  correct: number
  seconds: number
  history: EpochMetrics[]
}

export const initialProgress: Progress = { epoch: 0, batch: 0, lossSum: 0, correct: 0, seconds: 0, history: [] }

/** All that is needed to go on as if training had never stopped. */
export interface Checkpoint {
  /** Parameters and optimizer slots, by their name in the training step. */
  state: Tensors
  progress: Progress
  /** What must be the same when training goes on; compared word for word. */
  identity: RunIdentity
}

const checkpointFile = (folder: string) => `${folder}/checkpoints/last/state.safetensors`

/** Whether a run folder holds something to resume: a checkpoint from before the first step is worth nothing. */
export async function hasCheckpoint(files: Files, folder: string): Promise<boolean> {
  if ((await files.kind(checkpointFile(folder))) !== 'file') return false
  const { progress } = await loadCheckpoint(files, folder)
  return progress.epoch > 0 || progress.batch > 0
}

/** Replaces the run folder's checkpoint. It is one file, so that it is always whole: the old one or the new one. */
export async function saveCheckpoint(
  files: Files,
  folder: string,
  { state, progress, identity }: Checkpoint,
): Promise<void> {
  const metadata = { progress: JSON.stringify(progress), identity: JSON.stringify(identity) }
  await files.write(checkpointFile(folder), serializeSafetensors(new Map(Object.entries(state)), metadata))
}

/** @throws UserError where the run folder has no checkpoint, or a broken one */
export async function loadCheckpoint(files: Files, folder: string): Promise<Checkpoint> {
  const path = checkpointFile(folder)
  const { tensors, metadata } = parseSafetensors(await files.read(path), path)
  if (!metadata.progress || !metadata.identity)
    throw new UserError(`${path} is no checkpoint of a training run: delete it and start anew`)
  return {
    state: Object.fromEntries(tensors),
    progress: JSON.parse(metadata.progress),
    identity: JSON.parse(metadata.identity),
  }
}

/** Checks that a checkpoint's state is that of a training step. @throws UserError where it belongs to another one */
export function requireFit({ state }: Checkpoint, entries: readonly StateEntry[], folder: string): void {
  const misfit = misfitOf(state, entries)
  if (misfit)
    throw new UserError(
      `${checkpointFile(folder)} does not fit (${misfit}): go on with the model, the optimizer and the frozen parts that the run was started with, or name another --output`,
    )
}

function misfitOf(state: Tensors, entries: readonly StateEntry[]): string | undefined {
  for (const { input, initial } of entries) {
    const own = state[input]?.shape
    if (!own) return `it lacks ${input}`
    if (own.join() !== initial.shape.join()) return `its ${input} is [${own}] and not [${initial.shape}]`
  }
  const needed = new Set(entries.map(({ input }) => input))
  const surplus = Object.keys(state).find((name) => !needed.has(name))
  return surplus && `there is no place for its ${surplus}`
}
