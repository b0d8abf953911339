import type { RgbImage } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { readImage } from './read-image.js'

/**
 * Reads pictures, and keeps the decoded ones while they take no more than `bytes` in all. First come, first kept: an
 * epoch goes through all pictures, so the one used least recently would be the one needed next, and of a set that does
 * not fit little would be found.
 */
export class PictureCache {
  private readonly kept = new Map<string, RgbImage>()
  private free: number

  constructor(
    private readonly files: Files,
    bytes: number,
  ) {
    this.free = bytes
  }

  has(path: string): boolean {
    return this.kept.has(path)
  }

  /** The picture, not to be written to. @throws UserError naming the file where it cannot be read or is no picture */
  async read(path: string): Promise<RgbImage> {
    const known = this.kept.get(path)
    if (known) return known
    const image = await readImage(this.files, path)
    // It may have been asked for twice at once.
    if (image.data.length > this.free || this.kept.has(path)) return image
    this.free -= image.data.length
    this.kept.set(path, image)
    return image
  }

  clear(): void {
    this.kept.clear()
  }
}
