import { UserError } from '../errors.js'
import { decodeImage, ImageError } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { mapConcurrently } from './concurrent.js'
import type { Sample } from './image-folder.js'

/** A file that is no whole picture, and why: "truncated JPEG", "not an image". */
export interface BrokenImage {
  path: string
  reason: string
}

/**
 * Decodes every picture, two at a time, to find those that would stop a training run. Both lists keep the order of
 * `samples`.
 * @throws UserError where a file cannot be read at all
 */
export async function checkImages(
  files: Files,
  samples: readonly Sample[],
  onProgress?: (done: number, total: number) => void,
): Promise<{ good: Sample[]; broken: BrokenImage[] }> {
  let done = 0
  const reasons = await mapConcurrently(samples, 2, async ({ path }) => {
    const reason = await whyBroken(await files.read(path))
    onProgress?.(++done, samples.length)
    return reason
  })
  const good: Sample[] = []
  const broken: BrokenImage[] = []
  for (const [i, sample] of samples.entries()) {
    const reason = reasons[i]
    if (reason === undefined) good.push(sample)
    else broken.push({ path: sample.path, reason })
  }
  return { good, broken }
}

/** Checks that each class has a picture left. @throws UserError naming the first class that has none */
export function requireEveryClass(classes: readonly string[], samples: readonly Sample[]): void {
  const found = new Set(samples.map((sample) => sample.label))
  const missing = classes.find((_, label) => !found.has(label))
  if (missing !== undefined)
    throw new UserError(`class "${missing}" has no usable picture left: add some to its folder`)
}

async function whyBroken(bytes: Uint8Array): Promise<string | undefined> {
  try {
    await decodeImage(bytes)
    return undefined
  } catch (error) {
    if (error instanceof ImageError) return error.message
    throw error
  }
}
