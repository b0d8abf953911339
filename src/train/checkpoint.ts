import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import type { Tensors } from '../runtime/session.js'
import { parseSafetensors, serializeSafetensors } from '../weights/index.js'

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
  recipe: Record<string, string>
}

const checkpointFile = (folder: string) => `${folder}/checkpoints/last/state.safetensors`

/** Whether a run folder holds something to resume. */
export async function hasCheckpoint(files: Files, folder: string): Promise<boolean> {
  return (await files.kind(checkpointFile(folder))) === 'file'
}

/** Replaces the run folder's checkpoint. It is one file, so that it is always whole: the old one or the new one. */
export async function saveCheckpoint(
  files: Files,
  folder: string,
  { state, progress, recipe }: Checkpoint,
): Promise<void> {
  const metadata = { progress: JSON.stringify(progress), recipe: JSON.stringify(recipe) }
  await files.write(checkpointFile(folder), serializeSafetensors(new Map(Object.entries(state)), metadata))
}

/** @throws UserError where the run folder has no checkpoint, or a broken one */
export async function loadCheckpoint(files: Files, folder: string): Promise<Checkpoint> {
  const path = checkpointFile(folder)
  if (!(await hasCheckpoint(files, folder)))
    throw new UserError(`${folder} holds no checkpoint to resume: leave --resume out, or name another --output`)
  const { tensors, metadata } = parseSafetensors(await files.read(path), path)
  if (!metadata.progress || !metadata.recipe)
    throw new UserError(`${path} is no checkpoint of a training run: delete it and start anew`)
  return {
    state: Object.fromEntries(tensors),
    progress: JSON.parse(metadata.progress),
    recipe: JSON.parse(metadata.recipe),
  }
}
