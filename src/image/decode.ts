import { loadSharp } from './sharp.js'

/** A picture as pixels: red, green and blue bytes, interleaved, row by row (`[height, width, 3]`). */
export interface RgbImage {
  width: number
  height: number
  data: Uint8Array
}

/** Bytes that are no whole picture. The message is a short reason, such as "truncated JPEG"; it names no file. */
export class ImageError extends Error {
  override name = 'ImageError'
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or AVIF to the pixels that Pillow gives for `exif_transpose(image).convert('RGB')`:
 * the first frame, turned as its EXIF orientation says, alpha dropped and not blended, colour profiles ignored.
 * 16-bit channels keep their upper byte.
 * @throws ImageError where the bytes are no picture, or not all of one
 */
export async function decodeImage(bytes: Uint8Array): Promise<RgbImage> {
  if (bytes.length === 0) throw new ImageError('empty file')
  const sharp = await loadSharp()
  try {
    const input = sharp(bytes, { failOn: 'truncated', ignoreIcc: true, autoOrient: true })
    const { space } = await input.metadata()
    if (space === 'cmyk') input.pipelineColourspace('cmyk').toColourspace('cmyk')
    else input.removeAlpha().toColourspace('srgb')
    const { data, info } = await input.raw().toBuffer({ resolveWithObject: true })
    // A copy, since sharp's own memory cannot be handed to another thread.
    const pixels = space === 'cmyk' ? cmykToRgb(data) : new Uint8Array(data)
    return { width: info.width, height: info.height, data: pixels }
  } catch (error) {
    throw new ImageError(reasonOf(error as Error, bytes), { cause: error })
  }
}

/** Pillow's conversion. libvips would go through a press profile, and models learnt from Pillow's colours. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3)
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const light = 255 - cmyk[from + 3]!
    for (let channel = 0; channel < 3; channel++) {
      rgb[to++] = light - Math.round((cmyk[from + channel]! * light) / 255)
    }
  }
  return rgb
}

function reasonOf(error: Error, bytes: Uint8Array): string {
  if (/exceeds pixel limit/.test(error.message)) return 'more pixels than 2^28'
  const format = formatOf(bytes)
  if (format === undefined) return 'not an image'
  if (format === 'HEIC') return 'HEIC, which is not supported'
  // What libvips says is no help: pictures that are decoded at the same time share its messages.
  return format === 'JPEG' && !hasEnd(bytes) ? 'truncated JPEG' : `truncated or broken ${format}`
}

/** Whether a JPEG has its end-of-image marker, behind which some cameras put a few bytes. */
function hasEnd(bytes: Uint8Array): boolean {
  const end = bytes.subarray(-64)
  return end.some((byte, i) => byte === 0xff && end[i + 1] === 0xd9)
}

/** The format by its first bytes. */
function formatOf(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12))
  return signatures.find(([, signature]) => signature.test(head))?.[0]
}

const signatures: [format: string, head: RegExp][] = [
  ['JPEG', /^\xff\xd8\xff/],
  ['PNG', /^\x89PNG/],
  ['GIF', /^GIF8/],
  ['WebP', /^RIFF....WEBP/s],
  ['TIFF', /^(II\*\0|MM\0\*)/],
  ['AVIF', /^....ftypavi[fs]/s],
  ['HEIC', /^....ftyp(hei|hev|mif)/s],
]
