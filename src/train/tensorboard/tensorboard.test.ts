import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import sharp from 'sharp'
import { tensor } from '../../onnx/index.js'
import { nodeFiles } from '../../runtime/node/files.js'
import { temporaryFolder } from '../../testing/temporary-folder.js'
import { batchPicture } from './batch-picture.js'
import { crc32c } from './crc32c.js'
import { type Content, encodeEvent } from './event.js'
import { histogramOf } from './histogram.js'
import { encodeRecord, maskedChecksum } from './record.js'
import { TrainingLog } from './training-log.js'
import { TensorBoardWriter } from './writer.js'

const folder = await temporaryFolder('tensorboard')

/** The data of a TFRecord file's whole records; checksums must be right. */
function recordsOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 12 + Number(view.getBigUint64(at, true))
    assert.equal(view.getUint32(at + 8, true), maskedChecksum(bytes.subarray(at, at + 8)))
    const data = bytes.subarray(at + 12, end)
    assert.equal(view.getUint32(end, true), maskedChecksum(data))
    records.push(data)
    at = end + 4
  }
  return records
}

/** The fields of a message by their numbers, as far as one reads them without a schema. */
function fieldsOf(bytes: Uint8Array): Map<number, unknown> {
  const reader = new BinaryReader(bytes)
  const fields = new Map<number, unknown>()
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (type === 0) fields.set(number, Number(reader.int64()))
    else if (type === 1) fields.set(number, reader.double())
    else if (type === 5) fields.set(number, reader.float())
    else if (fields.has(number)) fields.set(number, [fields.get(number), reader.bytes()].flat())
    else fields.set(number, reader.bytes())
  }
  return fields
}

const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array)

/** The scalars of an event file: tag, step and value. */
function scalarsOf(bytes: Uint8Array): [string, number, number][] {
  return recordsOf(bytes).flatMap((record) => {
    const event = fieldsOf(record)
    if (!event.has(5)) return []
    return [fieldsOf(event.get(5) as Uint8Array).get(1)].flat().flatMap((value): [string, number, number][] => {
      const fields = fieldsOf(value as Uint8Array)
      return fields.has(2) ? [[text(fields.get(1)), event.get(2) as number, fields.get(2) as number]] : []
    })
  })
}

test('checksums are those of RFC 3720, appendix B.4, and of the catalogue of CRCs', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
  const cases: [Uint8Array, number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.toReversed(), 0x113fdb5c],
    [new TextEncoder().encode('123456789'), 0xe3069283],
    [new Uint8Array(), 0],
  ]
  for (const [bytes, expected] of cases) assert.equal(crc32c(bytes), expected)
})

test('events are byte for byte those that TensorBoard writes', () => {
  const png = Uint8Array.from({ length: 200 }, (_, i) => i)
  const histogram = { min: -1, max: 2, count: 4, sum: 1.5, sumOfSquares: 6.25, limits: [0, 1, 2], counts: [2, 1, 1] }
  const events: [time: number, step: number, content: Content][] = [
    [1700000000.25, 0, { fileVersion: 'brain.Event:2' }],
    [1700000001, 7, { restart: true }],
    [
      1700000002,
      7,
      {
        values: [
          { tag: 'step/loss', scalar: 0.1 },
          { tag: 'größe', scalar: Number.NaN },
        ],
      },
    ],
    [1700000003, 2 ** 33, { values: [{ tag: 'pictures', image: { png, height: 2, width: 3 } }] }],
    [1700000004, 300, { values: [{ tag: 'weights', histogram }] }],
  ]
  const written = Buffer.concat(events.map((event) => encodeRecord(encodeEvent(...event))))
  const path = new URL('../../../test/fixtures/tensorboard/events.out.tfevents.fixture', import.meta.url)
  assert.deepEqual(written, readFileSync(path))
})

test('a training log is an event file, readable after every call', async () => {
  const log = await TrainingLog.open(nodeFiles, `${folder}/run`)
  const [{ name } = { name: '' }] = await nodeFiles.list(`${folder}/run/tensorboard`)
  assert.match(name, /^events\.out\.tfevents\.\d{10}\.vitrine\.0$/)
  const read = () => nodeFiles.read(`${folder}/run/tensorboard/${name}`)
  assert.equal(text(fieldsOf(recordsOf(await read())[0]!).get(3)), 'brain.Event:2')

  await log.step({ loss: 1.5, accuracy: 0.25, learningRate: 0.5, gradientNorm: 1e300 }, 1)
  const step = [
    ['step/loss', 1, 1.5],
    ['step/accuracy', 1, 0.25],
    ['step/learning_rate', 1, 0.5],
    ['step/gradient_norm', 1, Number.POSITIVE_INFINITY],
  ]
  assert.deepEqual(scalarsOf(await read()), step)
  const metrics = { trainLoss: 1, trainAccuracy: 0.5, validationLoss: 2, validationAccuracy: 0.75 }
  await log.epoch({ epoch: 1, learningRate: 0.5, seconds: 3, ...metrics }, 2)
  await log.weights({ 'blocks.3.attn.qkv.weight': tensor('float32', [1, 2, 3]) }, 2)
  assert.deepEqual(scalarsOf(await read()), [
    ...step,
    ['epoch/train_loss', 2, 1],
    ['epoch/train_accuracy', 2, 0.5],
    ['epoch/validation_loss', 2, 2],
    ['epoch/validation_accuracy', 2, 0.75],
  ])
  assert.equal(recordsOf(await read()).length, 4)
})

test('a run that is taken up again has a file of its own, which says from where on it counts', async () => {
  await TensorBoardWriter.open(nodeFiles, `${folder}/twice`)
  const { path } = await TensorBoardWriter.open(nodeFiles, `${folder}/twice`, { resumedAt: 8 })
  assert.equal((await nodeFiles.list(`${folder}/twice`)).length, 2)
  const restart = fieldsOf(recordsOf(await nodeFiles.read(path))[1]!)
  assert.deepEqual([restart.get(2), fieldsOf(restart.get(7) as Uint8Array).get(1)], [8, 1])
})

test('histograms count every finite value once', () => {
  const { limits, counts, ...rest } = histogramOf([0, 1, 2, 3, 10, Number.NaN, Number.POSITIVE_INFINITY], 5)
  assert.deepEqual(limits, [2, 4, 6, 8, 10])
  assert.deepEqual(counts, [2, 2, 0, 0, 1])
  assert.deepEqual(rest, { min: 0, max: 10, count: 5, sum: 16, sumOfSquares: 114 })
  assert.deepEqual(histogramOf([3, 3], 2).counts, [2, 0])
  assert.deepEqual(histogramOf([], 2), {
    min: 0,
    max: 0,
    count: 0,
    sum: 0,
    sumOfSquares: 0,
    limits: [0, 0],
    counts: [0, 0],
  })
})

test('a batch becomes a picture with the colours it had', async () => {
  const size = { height: 1, width: 2 }
  const preprocessor = { resize: size, resample: 'bicubic', crop: size, rescaleFactor: 1 / 255 } as const
  const [mean, std] = [[0.5, 0.4, 0.3] as [number, number, number], [0.5, 0.25, 0.2] as [number, number, number]]
  const bytes = Array.from({ length: 5 * 2 * 3 }, (_, i) => (i * 37) % 256)
  // Channels lie one after another in the batch, and beside each other in the picture.
  const normalised = Array.from({ length: 5 }, (_, i) =>
    [0, 1, 2].flatMap((c) => [0, 1].map((x) => (bytes[(i * 2 + x) * 3 + c]! / 255 - mean[c]!) / std[c]!)),
  ).flat()
  const pixels = tensor('float32', normalised, [5, 3, 1, 2])
  const { png, height, width } = await batchPicture(pixels, { ...preprocessor, mean, std })
  assert.deepEqual([width, height], [8, 2])
  const decoded = await sharp(png).raw().toBuffer()
  assert.deepEqual([...decoded], [...bytes, ...Array(18).fill(0)])
  const swapped = await batchPicture(pixels, { ...preprocessor, mean, std, channelOrder: 'bgr' })
  const [, , third] = await sharp(swapped.png).raw().toBuffer()
  assert.equal(third, bytes[0])
})
