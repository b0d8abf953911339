import { UserError } from '../../errors.js'

/** A model of the Hugging Face hub at a point of its history. */
export interface ModelId {
  /** `owner/name` */
  repository: string
  /** A branch, a tag or a commit. */
  revision: string
}

const prefix = 'hf:'

/** The characters of the hub's names. What looks like a step in a path (`.`, `..`) is none. */
const repository = /^(?!.*(?:--|\.\.))\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/
const revisions = /^(?!.*\.\.)[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/

/** Does a name stand for a model of the hub? */
export function isModelId(name: string): boolean {
  return name.startsWith(prefix)
}

/**
 * Reads `hf:owner/name` or `hf:owner/name@revision`; without one, the branch main is meant.
 * @throws UserError where it has another form
 */
export function parseModelId(name: string): ModelId {
  const [path = '', ...rest] = name.slice(prefix.length).split('@')
  const revision = rest.length > 0 ? rest.join('@') : 'main'
  if (!isModelId(name) || !repository.test(path))
    throw new UserError(
      `${name} names no model of the hub: write hf:owner/name, for example hf:google/vit-base-patch16-224`,
    )
  if (!revisions.test(revision))
    throw new UserError(`${name} names no revision after the @: write a branch, a tag or a commit`)
  return { repository: path, revision }
}

/** Whether a revision is a whole commit, whose files never change. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}
