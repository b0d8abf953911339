import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { checkImages, requireEveryClass } from './check-images.js'

const folder = await mkdtemp(join(tmpdir(), 'vitrine-check-'))
after(() => rm(folder, { recursive: true }))

test('truncated and fake pictures are found, in order, with progress', async () => {
  const noise = { width: 40, height: 40, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 50 } } as const
  const picture = sharp({ create: { ...noise, background: 'black' } })
  const jpeg = await picture.clone().jpeg().toBuffer()
  const png = await picture.clone().png().toBuffer()
  const contents = {
    'a.jpg': jpeg,
    'b.jpg': jpeg.subarray(0, jpeg.length * 0.9),
    'c.jpg': Buffer.from('<html></html>'),
    'd.png': png,
    'e.png': png.subarray(0, png.length / 2),
    'f.jpg': Buffer.alloc(0),
    'g.jpg': png, // a wrong extension does no harm
  }
  const samples = []
  for (const [name, bytes] of Object.entries(contents)) {
    await nodeFiles.write(`${folder}/${name}`, bytes)
    samples.push({ path: `${folder}/${name}`, label: 0 })
  }
  const progress: [number, number][] = []
  const { good, broken, digests } = await checkImages(nodeFiles, samples, (done, total) => progress.push([done, total]))
  assert.deepEqual(
    good.map((sample) => sample.path),
    ['a.jpg', 'd.png', 'g.jpg'].map((name) => `${folder}/${name}`),
  )
  assert.deepEqual(broken, [
    { path: `${folder}/b.jpg`, reason: 'truncated JPEG' },
    { path: `${folder}/c.jpg`, reason: 'not an image' },
    { path: `${folder}/e.png`, reason: 'truncated or broken PNG' },
    { path: `${folder}/f.jpg`, reason: 'empty file' },
  ])
  const first64 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const [a, d, g] = good.map(({ path }) => digests.get(path))
  assert.deepEqual([digests.size, a, d, g], [3, first64(jpeg), first64(png), first64(png)])
  assert.deepEqual(
    progress,
    samples.map((_, i) => [i + 1, samples.length]),
  )
})

test('a file that cannot be read is a user error', async () => {
  await assert.rejects(checkImages(nodeFiles, [{ path: `${folder}/none.jpg`, label: 0 }]), UserError)
})

test('a class without pictures is a user error that names it', () => {
  const samples = [
    { path: 'x', label: 0 },
    { path: 'y', label: 2 },
  ]
  const rose = { path: 'z', label: 1 }
  requireEveryClass(['a', 'rose', 'c'], samples, samples)
  assert.throws(
    () => requireEveryClass(['a', 'rose', 'c'], [...samples, rose], samples),
    (error) => error instanceof UserError && error.message.includes('"rose"'),
  )
})
