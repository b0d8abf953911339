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

/** What `checkImages` finds; all lists keep the order of the samples. */
export interface CheckedImages {
  good: Sample[]
  broken: BrokenImage[]
  /** By the path of each good one: what is different for files of different content. */
  digests: Map<string, string>
}

/**
 * Decodes every picture, two at a time, to find those that would stop a training run.
 * @throws UserError where a file cannot be read at all
 */
export async function checkImages(
  files: Files,
  samples: readonly Sample[],
  onProgress?: (done: number, total: number) => void,
): Promise<CheckedImages> {
  let done = 0
  const digests = new Map<string, string>()
  const reasons = await mapConcurrently(samples, 2, async ({ path }) => {
    const bytes = await files.read(path)
    const digest = await digestOf(bytes)
    const reason = await whyBroken(bytes)
    if (reason === undefined) digests.set(path, digest)
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
  return { good, broken, digests }
}

/** Checks that each class that had a picture has one left. @throws UserError naming the first class that has none */
export function requireEveryClass(
  classes: readonly string[],
  samples: readonly Sample[],
  left: readonly Sample[],
): void {
  const found = new Set(left.map((sample) => sample.label))
  const missing = samples.find(({ label }) => !found.has(label))
  if (missing) throw new UserError(`class "${classes[missing.label]}" has no usable picture left: add some`)
}

/** 64 bits of SHA-256, as hexadecimal digits. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
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
