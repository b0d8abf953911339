import { checkImages, type ImageFolder, requireEveryClass, type Sample } from '../data/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { say } from './errors.js'
import { startProgress } from './progress.js'

/**
 * The pictures that can be decoded, and by their path what tells their content apart; the others are counted and named on standard error, and in `warnings`.
 * @throws UserError where a class has none left
 */
export async function leaveOutBroken({
  classes,
  samples,
}: ImageFolder): Promise<{ samples: Sample[]; warnings: string[]; digests: Map<string, string> }> {
  const progress = startProgress('checking pictures', samples.length)
  const { good, broken, digests } = await checkImages(nodeFiles, samples, (done) => progress.update(done)).finally(() =>
    progress.stop(),
  )
  const warnings = broken.map(({ path, reason }) => `${path}: ${reason}`)
  if (broken.length > 0)
    warnings.unshift(
      `left out ${broken.length} broken ${broken.length === 1 ? 'picture' : 'pictures'} of ${samples.length}`,
    )
  for (const warning of warnings) say(`warning: ${warning}`)
  requireEveryClass(classes, samples, good)
  return { samples: good, warnings, digests }
}
