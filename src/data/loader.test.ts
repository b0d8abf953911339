import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { type Batch, BatchLoader, batchesPerEpoch, mirrored } from './loader.js'

const folder = await mkdtemp(join(tmpdir(), 'vitrine-loader-'))
const size = { height: 6, width: 6 }
const preprocessor = new Preprocessor(inlineRuntime, {
  resize: { shortestEdge: 6 },
  resample: 'bicubic',
  crop: size,
  rescaleFactor: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
})
after(async () => {
  await preprocessor.close()
  await rm(folder, { recursive: true })
})

// Each picture has one shade of red of its own, and a ramp of green: crops and mirrorings differ, reds do not.
const samples = await Promise.all(
  Array.from({ length: 11 }, async (_, i) => {
    const data = Uint8Array.from({ length: 20 * 16 * 3 }, (_, k) => [i * 20, (k * 5) & 255, 0][k % 3]!)
    const path = `${folder}/${i}.png`
    await nodeFiles.write(
      path,
      await sharp(data, { raw: { width: 20, height: 16, channels: 3 } })
        .png()
        .toBuffer(),
    )
    return { path, label: i % 3 }
  }),
)
const loader = new BatchLoader(nodeFiles, preprocessor, 4)

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const result = []
  for await (const batch of batches) result.push(batch)
  return result
}

/** Checks that shapes fit and that each picture's pixels stand beside its own label. */
function assertConsistent({ pixels, labels, samples: members }: Batch) {
  assert.deepEqual(pixels.shape, [members.length, 3, 6, 6])
  assert.deepEqual(labels.shape, [members.length])
  for (const [i, sample] of members.entries()) {
    assert.equal(labels.data[i], BigInt(sample.label))
    assert.equal(pixels.data[i * 3 * 36], samples.indexOf(sample) * 20)
  }
}

test('evaluation takes the samples in order, the last batch may be short', async () => {
  const batches = await collect(loader.evaluation(samples))
  assert.deepEqual(
    batches.map((batch) => batch.samples.length),
    [4, 4, 3],
  )
  assert.deepEqual(
    batches.flatMap((batch) => batch.samples),
    samples,
  )
  batches.forEach(assertConsistent)
  assert.deepEqual(await collect(loader.evaluation([])), [])
})

test('training shuffles, drops what fills no batch, and differs from epoch to epoch', async () => {
  const epochs = []
  for (const epoch of [0, 1]) {
    const batches = await collect(loader.training(samples, { seed: 5, epoch }))
    assert.equal(batches.length, batchesPerEpoch(samples.length, 4))
    batches.forEach(assertConsistent)
    const order = batches.flatMap((batch) => batch.samples)
    assert.equal(new Set(order).size, 8)
    assert.notDeepEqual(order, samples.slice(0, 8))
    epochs.push(order)
  }
  assert.notDeepEqual(epochs[0], epochs[1])
})

test('the pictures of a batch are augmented by chance, and not alike', async () => {
  const same = Array.from({ length: 4 }, () => samples[3]!)
  const greens = async (seed: number) => {
    const [batch] = await collect(loader.training(same, { seed, epoch: 0 }))
    return [0, 1, 2, 3].map((i) => batch!.pixels.data.slice((i * 3 + 1) * 36, (i * 3 + 2) * 36).join())
  }
  const first = await greens(1)
  assert.equal(new Set(first).size, 4)
  assert.deepEqual(await greens(1), first)
  assert.notDeepEqual(await greens(2), first)
})

test('a run taken up in the middle of an epoch sees the same batches', async () => {
  const whole = await collect(loader.training(samples, { seed: 5, epoch: 3 }))
  const rest = await collect(loader.training(samples, { seed: 5, epoch: 3, startBatch: 1 }))
  assert.deepEqual(rest, whole.slice(1))
  assert.deepEqual(await collect(loader.training(samples, { seed: 5, epoch: 3, startBatch: 2 })), [])
})

test('too few pictures for a batch is a user error', () => {
  assert.throws(() => loader.training(samples.slice(0, 3), { seed: 0, epoch: 0 }), UserError)
})

test('a broken picture is a user error that names it, after the batches before it', async () => {
  const path = `${folder}/broken.jpg`
  await nodeFiles.write(path, 'nothing')
  const batches = loader.evaluation([...samples.slice(0, 4), { path, label: 0 }])
  assert.equal((await batches.next()).value.samples.length, 4)
  await assert.rejects(batches.next(), (error) => {
    assert.ok(error instanceof UserError)
    assert.equal(error.message, `cannot use the picture ${path}: not an image, replace or remove it`)
    return true
  })
})

test('after the loop is left nothing is read any more', async () => {
  let reads = 0
  const counting = {
    ...nodeFiles,
    read(path: string) {
      reads++
      return nodeFiles.read(path)
    },
  }
  for await (const _ of new BatchLoader(counting, preprocessor, 4).evaluation(samples)) break
  const atEnd = reads
  assert.ok(atEnd < samples.length)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(reads, atEnd)
})

test('repeated pictures come in a row, each augmented anew', async () => {
  const batches = await collect(loader.training(samples, { seed: 5, epoch: 0, repeats: 2 }))
  batches.forEach(assertConsistent)
  for (const { samples: members, pixels } of batches) {
    assert.equal(members[0], members[1])
    assert.equal(members[2], members[3])
    assert.notEqual(members[1], members[2])
    assert.notDeepEqual(pixels.data.slice(0, 108), pixels.data.slice(108, 216))
  }
})

test('what is changed after the crop leaves the crops as they were', async () => {
  const plain = await collect(loader.training(samples, { seed: 5, epoch: 0 }))
  const jittered = await collect(
    loader.training(samples, {
      seed: 5,
      epoch: 0,
      colourJitter: { brightness: 1e-9 },
      erasing: { probability: 0, mode: 'const' },
    }),
  )
  for (const [i, { pixels, samples: members }] of jittered.entries()) {
    assert.deepEqual(members, plain[i]!.samples)
    assert.ok(pixels.data.every((value, k) => Math.abs(Number(value) - Number(plain[i]!.pixels.data[k])) <= 1))
  }
})

test('erasing puts zeros where colours were', async () => {
  const options = { seed: 5, epoch: 0, erasing: { probability: 1, mode: 'const' } } as const
  for (const batch of await collect(loader.training(samples.slice(1), options))) {
    for (const [i] of batch.samples.entries()) {
      const red = (batch.pixels.data as Float32Array).slice(i * 108, i * 108 + 36)
      assert.ok(red.includes(0) && red.some((value) => value !== 0))
    }
  }
})

test('mirrored pictures run from right to left', () => {
  const pixels = { dtype: 'float32' as const, shape: [1, 2, 1, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }
  assert.deepEqual(mirrored(pixels).data, Float32Array.of(3, 2, 1, 6, 5, 4))
  assert.deepEqual(pixels.data, Float32Array.of(1, 2, 3, 4, 5, 6))
  assert.deepEqual(mirrored(mirrored(pixels)), pixels)
})
