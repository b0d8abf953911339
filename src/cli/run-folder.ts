import { isAbsolute, relative, sep } from 'node:path'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { hasCheckpoint } from '../train/index.js'
import { say } from './errors.js'

/** What a finished run's folder holds besides its checkpoints. */
const runFiles = [
  'config.json',
  'preprocessor_config.json',
  'model.safetensors',
  'onnx/model.onnx',
  'class_indices.json',
  'metrics.jsonl',
  'report.html',
  'README.md',
]

/**
 * Says whether a run folder holds a run to take up again.
 * @throws UserError where something would be overwritten that is not the run to be resumed
 */
export async function openRunFolder(output: string, resume: boolean): Promise<boolean> {
  if (await hasCheckpoint(nodeFiles, output)) {
    if (resume) return true
    throw new UserError(
      `${output} already holds a run: add --resume to go on with it, or name another folder with --output`,
    )
  }
  for (const file of runFiles)
    if ((await nodeFiles.kind(`${output}/${file}`)) !== undefined)
      throw new UserError(`${output} already holds a ${file}: name another folder with --output`)
  if (resume) say(`note: ${output} holds nothing to resume yet, so training starts from the beginning`)
  return false
}

/** @throws UserError where the run folder lies among the pictures, so that the next run would take it for a class */
export function requireOutside(output: string, pictures: string): void {
  const path = relative(pictures, output)
  if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path))
    throw new UserError(
      `the run folder ${output} lies inside ${pictures} and would be taken for a class: name another with --output`,
    )
}
