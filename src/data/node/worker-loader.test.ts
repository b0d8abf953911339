import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { Preprocessor, type PreprocessorConfig } from '../../image/index.js'
import { Random } from '../../random.js'
import { nodeFiles } from '../../runtime/node/files.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import { temporaryFolder } from '../../testing/temporary-folder.js'
import type { Sample } from '../image-folder.js'
import { type Batch, BatchLoader, type EpochOptions, type Loader } from '../loader.js'
import { workerLoader } from './index.js'

const folder = await temporaryFolder('workers')
const size = { height: 24, width: 20 }
const config: PreprocessorConfig = {
  resize: { shortestEdge: 24 },
  resample: 'bicubic',
  crop: size,
  rescaleFactor: 1 / 255,
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.3, 0.4],
}
const preprocessor = new Preprocessor(inlineRuntime, config)
after(() => preprocessor.close())

async function drawPictures(name: string, count: number, edge: number): Promise<Sample[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const random = new Random(name, i)
      const data = Uint8Array.from({ length: edge * (edge + i) * 3 }, () => random.integer(256))
      const picture = sharp(data, { raw: { width: edge + i, height: edge, channels: 3 } })
      const path = `${folder}/${name}-${i}.jpg`
      await nodeFiles.write(path, await picture.jpeg().toBuffer())
      return { path, label: i % 3 }
    }),
  )
}
const samples = await drawPictures('small', 13, 40)

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const result = []
  for await (const batch of batches) result.push(batch)
  return result
}

async function withWorkers<T>(workers: number, use: (loader: Loader) => Promise<T>, cacheBytes = 0): Promise<T> {
  const loader = workerLoader(config, 4, { workers })
  loader.keep(cacheBytes)
  try {
    return await use(loader)
  } finally {
    await loader.close()
  }
}

const plain: EpochOptions = { seed: 5, epoch: 2 }
const augmented: EpochOptions = {
  ...plain,
  randAugment: 'rand-m9-n3-mstd0.5-inc1',
  erasing: { probability: 0.5, mode: 'pixel' },
  repeats: 2,
}

for (const [name, options] of Object.entries({ plain, augmented })) {
  test(`batches are the same, byte for byte, with any number of workers: ${name}`, async () => {
    const here = new BatchLoader(nodeFiles, preprocessor, 4)
    const expected = await collect(here.training(samples, options))
    assert.equal(expected.length, 3)
    for (const workers of [1, 2, 3]) {
      await withWorkers(workers, async (loader) => {
        assert.deepEqual(await collect(loader.training(samples, options)), expected)
        assert.deepEqual(await collect(loader.training(samples, { ...options, startBatch: 2 })), expected.slice(2))
        assert.deepEqual(await collect(loader.evaluation(samples)), await collect(here.evaluation(samples)))
      })
    }
  })
}

test('kept pictures are not read again, and are the same', async () => {
  const kept = await drawPictures('kept', 8, 30)
  for (const workers of [1, 2]) {
    await withWorkers(
      workers,
      async (loader) => {
        const first = await collect(loader.training(kept, plain))
        for (const { path } of kept) await nodeFiles.write(`${path}.away`, await nodeFiles.read(path))
        for (const { path } of kept) await rm(path)
        assert.deepEqual(await collect(loader.training(kept, plain)), first)
        for (const { path } of kept) await nodeFiles.write(path, await nodeFiles.read(`${path}.away`))
      },
      1e7,
    )
  }
})

test('a broken picture is a user error in this thread, and the workers go on', async () => {
  const path = `${folder}/broken.jpg`
  await nodeFiles.write(path, 'nothing')
  await withWorkers(2, async (loader) => {
    await assert.rejects(collect(loader.evaluation([...samples.slice(0, 5), { path, label: 0 }])), {
      name: 'UserError',
      message: `cannot use the picture ${path}: not an image, replace or remove it`,
    })
    assert.equal((await collect(loader.evaluation(samples))).length, 4)
  })
})

test('augmentation that cannot be is refused before a picture is read', () =>
  withWorkers(1, async (loader) => {
    assert.throws(() => loader.training(samples, { ...plain, randAugment: 'rand-z' }), { name: 'UserError' })
  }))

test('left and closed early, the workers end', async () => {
  const loader = workerLoader(config, 4, { workers: 2 })
  for await (const _ of loader.training(samples, plain)) break
  await loader.close()
  await assert.rejects(collect(loader.evaluation(samples)), /the loader is closed/)
  const unfinished = workerLoader(config, 4, { workers: 1 })
  const batches = unfinished.evaluation(samples)
  const first = assert.rejects(batches.next(), /the loader is closed|has ended/)
  await unfinished.close()
  await first
})

test('a process with idle workers ends by itself, and one that exits while they work does not crash', () => {
  const { href } = new URL('./index.js', import.meta.url)
  const setup = `
    import { workerLoader } from '${href}'
    const loader = workerLoader(${JSON.stringify(config)}, 4, { workers: 2 })
    const batches = loader.evaluation(${JSON.stringify(samples)})
    await batches.next()
  `
  for (const end of ['await batches.return()', 'process.exit(0)']) {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', setup + end], {
      encoding: 'utf8',
      timeout: 20000,
    })
    assert.equal(status, 0, stderr)
  }
})

test('the event loop of this thread stays free', async () => {
  const large = await drawPictures('large', 12, 300)
  await withWorkers(1, async (loader) => {
    await collect(loader.evaluation(samples.slice(0, 4))) // the worker has started
    const before = performance.eventLoopUtilization()
    await collect(loader.training(large, augmented))
    const { utilization } = performance.eventLoopUtilization(before)
    assert.ok(utilization < 0.5, `this thread worked ${Math.round(utilization * 100)} % of the time`)
  })
})
