import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import type { Files } from '../runtime/files.js'
import { PictureCache } from './picture-cache.js'

const png = (shade: number) =>
  sharp({ create: { width: 10, height: 10, channels: 3, background: { r: shade, g: 0, b: 0 } } })
    .png()
    .toBuffer()
const pictures = new Map<string, Uint8Array>(
  await Promise.all([10, 20, 30].map(async (shade) => [`${shade}`, await png(shade)] as const)),
)

function countingFiles(): { files: Files; reads: string[] } {
  const reads: string[] = []
  const read = async (path: string) => {
    reads.push(path)
    return pictures.get(path)!
  }
  return { files: { read } as Partial<Files> as Files, reads }
}

function cacheOf(files: Files, room: number): PictureCache {
  return Object.assign(new PictureCache(files), { room })
}

test('as many pictures are kept as fit, those that came first', async () => {
  const { files, reads } = countingFiles()
  const cache = cacheOf(files, 2 * 300 + 299)
  for (let epoch = 0; epoch < 3; epoch++)
    for (const path of pictures.keys()) assert.equal((await cache.read(path)).data[0], Number(path))
  assert.deepEqual(reads, ['10', '20', '30', '30', '30'])
  assert.deepEqual(
    [...pictures.keys()].map((path) => cache.has(path)),
    [true, true, false],
  )
})

test('a picture asked for twice at once is kept once', async () => {
  const { files, reads } = countingFiles()
  const cache = cacheOf(files, 600)
  await Promise.all([cache.read('10'), cache.read('10')])
  await cache.read('20')
  assert.ok(cache.has('20'), 'the first picture was counted twice')
  assert.deepEqual(reads, ['10', '10', '20'])
})
