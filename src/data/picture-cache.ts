import type { RgbImage } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { readImage } from './read-image.js'

/**
 * Reads pictures, and keeps the decoded ones while they take no more than `room` bytes in all. First come, first kept: an
 * epoch goes through all pictures, so the one used least recently would be the one needed next, and of a set that does
 * not fit little would be found.
 */
export class PictureCache {
  private readonly kept = new Map<string, RgbImage>()
  private taken = 0
  /** None are kept at first. What is kept already stays. */
  room = 0

  constructor(private readonly files: Files) {}

  has(path: string): boolean {
    return this.kept.has(path)
  }

  /** The picture, not to be written to. @throws UserError naming the file where it cannot be read or is no picture */
  async read(path: string): Promise<RgbImage> {
    const known = this.kept.get(path)
    if (known) return known
    const image = await readImage(this.files, path)
    // It may have been asked for twice at once.
    if (this.taken + image.data.length > this.room || this.kept.has(path)) return image
    this.taken += image.data.length
    this.kept.set(path, image)
    return image
  }

  clear(): void {
    this.kept.clear()
  }
}
