import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import sharp, { type Sharp } from 'sharp'
import { decodeImage, ImageError, type RgbImage } from './decode.js'

const width = 21
const height = 13
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + (i >> 4) * 11) % 256)
const original: RgbImage = { width, height, data: pixels }

/** The picture of this test, for sharp to encode. */
function source(image: RgbImage = original, channels: 1 | 2 | 3 | 4 = 3) {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels } })
}

function assertSame(actual: RgbImage, expected: RgbImage, tolerance = 0) {
  assert.deepEqual([actual.width, actual.height], [expected.width, expected.height])
  assert.equal(actual.data.length, expected.data.length)
  const worst = actual.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected.data[i]!)), 0)
  assert.ok(worst <= tolerance, `a pixel is off by ${worst}`)
}

interface Fixture {
  file: string
  width: number
  height: number
  rgb: string
}
const fixtureFile = new URL('../../test/fixtures/decode.json', import.meta.url)
const fixtures: Record<string, Fixture> = JSON.parse(readFileSync(fixtureFile, 'utf8'))

for (const [name, { file, width, height, rgb }] of Object.entries(fixtures)) {
  // JPEG and lossy WebP may differ by rounding between builds of the decoders; here they are equal to the bit as well.
  const tolerance = /\.(jpg|webp)$/.test(name) ? 1 : 0
  test(`${name} decodes to Pillow's pixels`, async () => {
    const image = await decodeImage(Buffer.from(file, 'base64'))
    assertSame(image, { width, height, data: Buffer.from(rgb, 'base64') }, tolerance)
  })
}

test('the profile in profile.jpg would change its pixels if it were applied', async () => {
  const { data } = await sharp(Buffer.from(fixtures['profile.jpg']!.file, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true })
  const expected = Buffer.from(fixtures['profile.jpg']!.rgb, 'base64')
  assert.ok(data.some((value, i) => Math.abs(value - expected[i]!) > 40))
})

test('lossless formats give back the pixels', async () => {
  for (const encoded of [source().png(), source().webp({ lossless: true }), source().tiff({ compression: 'lzw' })]) {
    assertSame(await decodeImage(await encoded.toBuffer()), original)
  }
})

test('grey becomes three equal channels', async () => {
  const grey = pixels.subarray(0, width * height)
  const twin = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!)
  const file = await source({ width, height, data: grey }, 1).toColourspace('b-w').png().toBuffer()
  assert.equal((await sharp(file).metadata()).channels, 1)
  assertSame(await decodeImage(file), { width, height, data: twin })
})

test('alpha is dropped, not blended', async () => {
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? (i >> 2) % 256 : pixels[(i >> 2) * 3 + (i % 4)]!,
  )
  const file = await source({ width, height, data: rgba }, 4).png().toBuffer()
  assertSame(await decodeImage(file), original)
})

test('a palette is looked up', async () => {
  const few = { width, height, data: pixels.map((value) => value & 0x80) }
  const file = await source(few).png({ palette: true, dither: 0 }).toBuffer()
  assert.equal((await sharp(file).metadata()).isPalette, true)
  assertSame(await decodeImage(file), few)
})

test('16-bit channels keep their upper byte', async () => {
  const wide = Uint16Array.from(pixels, (value, i) => value * 256 + (i % 256))
  const file = await sharp(wide, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
  assert.equal((await sharp(file).metadata()).depth, 'ushort')
  assertSame(await decodeImage(file), original)
})

test('all eight EXIF orientations are undone', async () => {
  // What to do with the upright picture so that the orientation's correction gives it back.
  const undo: Record<number, (image: Sharp) => Sharp> = {
    1: (image) => image,
    2: (image) => image.flop(),
    3: (image) => image.rotate(180),
    4: (image) => image.flip(),
    5: (image) => image.flip().rotate(90),
    6: (image) => image.rotate(270),
    7: (image) => image.flop().rotate(90),
    8: (image) => image.rotate(90),
  }
  for (const [orientation, turn] of Object.entries(undo)) {
    const file = await turn(source())
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer()
    assert.equal((await sharp(file).metadata()).orientation, Number(orientation))
    assertSame(await decodeImage(file), original)
  }
})

test('an animation gives its first frame', async () => {
  const frames = new Uint8Array(pixels.length * 2)
  frames.set(pixels)
  const file = await sharp(frames, { raw: { width, height: height * 2, channels: 3, pageHeight: height } })
    .webp({ lossless: true })
    .toBuffer()
  assert.equal((await sharp(file).metadata()).pages, 2)
  assertSame(await decodeImage(file), original)
})

test('a picture that was cut off is refused', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.imul(i, 0x9e3779b9) >>> 24)
  const picture = source({ width: 64, height: 64, data: noise })
  const files: Record<string, Buffer> = {
    JPEG: await picture.clone().jpeg().toBuffer(),
    'progressive JPEG': await picture.clone().jpeg({ progressive: true }).toBuffer(),
    PNG: await picture.clone().png().toBuffer(),
    'interlaced PNG': await picture.clone().png({ progressive: true }).toBuffer(),
    WebP: await picture.clone().webp().toBuffer(),
    GIF: await picture.clone().gif().toBuffer(),
  }
  for (const [name, file] of Object.entries(files)) {
    await decodeImage(file)
    for (const part of [0.03, 0.3, 0.6, 0.97]) {
      const cut = file.subarray(0, file.length * part)
      const reason = new RegExp(`^truncated (or broken )?${name.split(' ').at(-1)}$`)
      await assert.rejects(decodeImage(cut), { name: 'ImageError', message: reason }, `${name} cut to ${part}`)
    }
  }
})

test('what is no picture is refused', async () => {
  const fakes = ['<html><body>Not found</body></html>', 'hello', '\0'.repeat(1000)]
  for (const fake of fakes) {
    await assert.rejects(decodeImage(Buffer.from(fake)), { name: 'ImageError', message: 'not an image' })
  }
  await assert.rejects(decodeImage(new Uint8Array(0)), new ImageError('empty file'))
})

test('bytes after the end of a JPEG do no harm', async () => {
  const file = await source().jpeg().toBuffer()
  assertSame(await decodeImage(Buffer.concat([file, Buffer.from('appended by a camera')])), await decodeImage(file))
})

test('the pixels can be handed to another thread', async () => {
  const { data } = await decodeImage(await source().png().toBuffer())
  structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })
  assert.equal(data.length, 0)
})
