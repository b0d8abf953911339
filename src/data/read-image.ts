import { UserError } from '../errors.js'
import { decodeImage, ImageError, type RgbImage } from '../image/index.js'
import type { Files } from '../runtime/files.js'

/** Reads and decodes a picture. @throws UserError naming the file where it cannot be read or is no whole picture */
export async function readImage(files: Files, path: string): Promise<RgbImage> {
  const bytes = await files.read(path)
  try {
    return await decodeImage(bytes)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw new UserError(`cannot use the picture ${path}: ${error.message}, replace or remove it`, { cause: error })
  }
}
