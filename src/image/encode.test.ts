import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { renderSvg, thumbnail } from './encode.js'

const halves =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h20v20H0Z" fill="#f00"/><path d="M20 0h20v20H20Z" fill="#00f"/></svg>'

async function pixels(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
  return { ...info, at }
}

function decodeDataUri(uri: string): Uint8Array {
  const [head, body] = uri.split(',')
  assert.equal(head, 'data:image/webp;base64')
  return Buffer.from(body!, 'base64')
}

test('an SVG becomes a PNG of the size asked for', async () => {
  const bytes = await renderSvg(halves, 64)
  assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const image = await pixels(bytes)
  assert.deepEqual([image.width, image.height], [64, 64])
  assert.deepEqual(image.at(5, 32), [255, 0, 0])
  assert.deepEqual(image.at(58, 32), [0, 0, 255])
})

test('an SVG that is broken is refused', async () => {
  await assert.rejects(renderSvg('<svg xmlns="http://www.w3.org/2000/svg"><path', 64))
})

test('a thumbnail is turned upright and cropped to its middle', async () => {
  // EXIF orientation 6: to be shown a quarter turn clockwise, so what is stored left is up.
  const turned = await sharp(Buffer.from(halves)).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer()
  const image = await pixels(decodeDataUri(await thumbnail(turned, 16)))
  assert.deepEqual([image.width, image.height], [16, 16])
  const [top, bottom] = [image.at(8, 3), image.at(8, 12)]
  assert.ok(top[0]! > 200 && top[2]! < 60, `top is ${top}`)
  assert.ok(bottom[2]! > 200 && bottom[0]! < 60, `bottom is ${bottom}`)
})

test('a thumbnail keeps the middle of a wide picture', async () => {
  const wide =
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><path d="M0 0h90v30H0Z" fill="#0f0"/><path d="M30 0h30v30H30Z" fill="#fff"/></svg>'
  const image = await pixels(decodeDataUri(await thumbnail(Buffer.from(wide), 30)))
  for (const x of [1, 15, 28]) assert.ok(image.at(x, 15)[0]! > 240, `${x}: ${image.at(x, 15)}`)
})

test('a thumbnail of what is no picture is refused', async () => {
  await assert.rejects(thumbnail(new Uint8Array([1, 2, 3]), 16))
})
