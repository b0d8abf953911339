import { UserError } from '../errors.js'
import { type Checkpoint, initialProgress, loadCheckpoint, requireFit } from './checkpoint.js'
import { identify, type RunIdentity } from './recipe.js'
import { recipes } from './recipes.js'
import type { StateEntry } from './train-step.js'
import type { TrainerOptions } from './trainer-options.js'

/** Something that a run was started with, and what it is now. */
interface Change {
  what: string
  was: string
  now: string
}

/** The names of a run's classes in its identity. */
export const classesKey = 'the classes'

/** What a recipe did before it had a value: older checkpoints have no word about it. */
const before = identify(recipes.simple)

/**
 * The run folder's checkpoint, to go on from. Where the run is now asked something else, `force` goes on with that as far
 * as the checkpoint allows, and says so; an epoch that would have other batches begins anew.
 * @throws UserError naming all that differs, where it is not forced or cannot be
 */
export async function takeUp(
  { files, output, force = false, model, onNotice }: TrainerOptions,
  identity: RunIdentity,
  entries: readonly StateEntry[],
): Promise<Checkpoint> {
  const saved = await loadCheckpoint(files, output)
  const changes = changesOf(saved.identity, identity)
  const learnsAll = [...model.vit.parameters.keys()].every((name) => name in saved.state)
  const obstacle = obstacleOf(changes, learnsAll)
  const began = `the run in ${output} was started with ${changes.map(asText).join('; ')}`
  if (obstacle) throw new UserError(`${began}: ${obstacle}, so go on with the same, or name another --output`)
  if (changes.length > 0 && !force)
    throw new UserError(`${began}: go on with the same, add --force to go on with the new, or name another --output`)
  requireFit(saved, entries, output)
  if (changes.length > 0) onNotice?.(`${began}: going on with the new`)
  return { ...saved, progress: progressAfter(changes, saved.progress, onNotice) }
}

function changesOf(saved: RunIdentity, now: RunIdentity): Change[] {
  return Object.entries(now).flatMap(([what, value]) => {
    const was = saved[what] ?? before[what] ?? value
    return was === value ? [] : [{ what, was, now: value }]
  })
}

const asText = ({ what, was, now }: Change) => `${what} ${abridge(was)} (now ${abridge(now)})`

const abridge = (text: string) => (text === '' ? "''" : text.length > 120 ? `${text.slice(0, 120)}…` : text)

/** What no force can change, though the state would fit, as the reason not to go on. */
function obstacleOf(changes: readonly Change[], learnsAll: boolean): string | undefined {
  const changed = (key: string) => changes.some(({ what }) => what === key)
  if (changed(classesKey)) return 'the model has learned to tell other classes apart'
  if (changed('--model') && !learnsAll)
    return 'the checkpoint does not hold the frozen weights, which are those of --model'
  return undefined
}

/** What decides which pictures are in the batches of an epoch. */
const ofBatches = ['--batch-size', '--accumulate', '--seed', '--repeats', 'a data set of']

function progressAfter(
  changes: readonly Change[],
  progress: Checkpoint['progress'],
  onNotice: TrainerOptions['onNotice'],
): Checkpoint['progress'] {
  if (progress.batch === 0 || !changes.some(({ what }) => ofBatches.includes(what))) return progress
  const { epoch, history } = progress
  onNotice?.(`epoch ${epoch + 1} begins anew, since its batches are others`)
  return { ...structuredClone(initialProgress), epoch, history }
}
