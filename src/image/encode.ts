import { loadSharp } from './sharp.js'

/**
 * The PNG bytes of an SVG drawing, `size` × `size` pixels.
 * @throws where `svg` is not well-formed
 */
export async function renderSvg(svg: string, size: number): Promise<Uint8Array> {
  const sharp = await loadSharp()
  const png = await sharp(new TextEncoder().encode(svg)).resize(size, size, { fit: 'fill' }).png().toBuffer()
  // A copy, since sharp's own memory cannot be handed to another thread.
  return new Uint8Array(png)
}

/** The PNG bytes of a picture, three bytes a pixel, row by row. */
export async function encodePng(rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const sharp = await loadSharp()
  return new Uint8Array(
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  )
}

/**
 * A small picture to put into a page: the middle square of an image file, turned upright as its EXIF tag says,
 * `edge` pixels wide, as a `data:` URI with WebP inside.
 * @throws where `bytes` are no image that sharp can read
 */
export async function thumbnail(bytes: Uint8Array, edge: number): Promise<string> {
  const sharp = await loadSharp()
  const small = await sharp(bytes, { failOn: 'truncated' })
    .autoOrient()
    .resize(edge, edge, { fit: 'cover' })
    .webp({ quality: 80 })
    .toBuffer()
  return `data:image/webp;base64,${base64(small)}`
}

/** Thumbnails are small, so they may go through a string of their bytes; that works in browsers too. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
