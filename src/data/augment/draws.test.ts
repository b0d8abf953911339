import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Random } from '../../random.js'
import { type Augmentation, augmentPixels, checkAugmentation, meanColour, trainingOrder } from './augmentation.js'
import { erase } from './erase.js'
import { colourJitter, threeAugment } from './jitter.js'
import { drawMix, type MixOptions } from './mix.js'
import { drawParameter, type OperationName, parseRandAugment } from './rand-augment.js'

type Points = [value: number, share: number][]
interface Fixtures {
  mix: {
    options: MixOptions
    height: number
    width: number
    lambda: Points
    boxes: number
    boxHeight?: Points
    top?: Points
  }[]
  erasing: { height: number; width: number; probability: number; share: Points; boxHeight: Points }
  levels: { name: string; increasing: boolean; parameter: Points }[]
  repeats: { samples: number; repeats: number; order: number[] }[]
}
const file = new URL('../../../test/fixtures/augment.json', import.meta.url)
const fixtures: Fixtures = JSON.parse(readFileSync(file, 'utf8'))

/** Five standard deviations of the difference of two shares, each of as many draws, is the bound. */
function assertSpread(values: readonly number[], points: Points, name: string) {
  for (const [value, share] of points) {
    const ours = values.filter((each) => each <= value + 1e-9).length / values.length
    const bound = 5 * Math.sqrt((2 * share * (1 - share)) / values.length) + 1e-3
    assert.ok(Math.abs(ours - share) < bound, `${name} ≤ ${value}: ${ours} here, ${share} there`)
  }
}

for (const { options, height, width, ...expected } of fixtures.mix) {
  test(`mixes with ${JSON.stringify(options)} are spread as timm's`, () => {
    const random = new Random(0, 'mix')
    const mixes = Array.from({ length: 40000 }, () => drawMix(random, options, height, width))
    const boxes = mixes.flatMap(({ box }) => box ?? [])
    assert.ok(Math.abs(boxes.length / mixes.length - expected.boxes) < 0.02)
    assertSpread(
      mixes.map(({ lambda }) => lambda),
      expected.lambda,
      'λ',
    )
    if (!expected.boxHeight || !expected.top) return
    assertSpread(
      boxes.map((box) => box.height),
      expected.boxHeight,
      'height',
    )
    assertSpread(
      boxes.map((box) => box.top),
      expected.top,
      'top',
    )
    for (const { lambda, box } of mixes)
      if (box) assert.ok(Math.abs(lambda - (1 - (box.height * box.width) / (height * width))) < 1e-12)
  })
}

test("erased parts are spread as timm's", () => {
  const { height, width, probability, share, boxHeight } = fixtures.erasing
  const random = new Random(0, 'erase')
  const boxes = Array.from({ length: 20000 }, () => {
    const pixels = new Float32Array(height * width).fill(1)
    erase(random, pixels, [1, height, width], { probability, mode: 'const' })
    const rows = Array.from({ length: height }, (_, y) => pixels.subarray(y * width, (y + 1) * width))
    return {
      share: pixels.filter((value) => value === 0).length / pixels.length,
      rows: rows.filter((row) => row.includes(0)).length,
    }
  })
  assertSpread(
    boxes.map((box) => box.share),
    share,
    'share of the area',
  )
  assertSpread(
    boxes.map((box) => box.rows),
    boxHeight,
    'height',
  )
})

test('erasing replaces the same part of all channels, by zeros, a colour or noise', () => {
  for (const mode of ['const', 'rand', 'pixel'] as const) {
    const pixels = new Float32Array(3 * 30 * 20).fill(7)
    erase(new Random(1), pixels, [3, 30, 20], { probability: 1, mode })
    const channels = [0, 1, 2].map((channel) => pixels.subarray(channel * 600, (channel + 1) * 600))
    const places = channels.map((channel) => [...channel.keys()].filter((i) => channel[i] !== 7))
    assert.ok(places[0]!.length >= 8 && places[0]!.length <= 210, `${places[0]!.length} erased`)
    assert.deepEqual(places[1], places[0])
    assert.deepEqual(places[2], places[0])
    const values = channels.map((channel) => new Set(places[0]!.map((i) => channel[i])))
    const kinds = values.map((each) => each.size)
    if (mode === 'const') assert.deepEqual(values, [new Set([0]), new Set([0]), new Set([0])])
    else if (mode === 'rand')
      assert.deepEqual([...kinds, new Set(values.flatMap((each) => [...each])).size], [1, 1, 1, 3])
    else assert.deepEqual(kinds, [places[0]!.length, places[0]!.length, places[0]!.length])
  }
})

const ourNames: Record<string, string> = {
  Color: 'saturation',
  TranslateXRel: 'translateX',
  TranslateYRel: 'translateY',
}

for (const { name, increasing, parameter } of fixtures.levels) {
  const plain = name.replace('Increasing', '')
  const ours = (ourNames[plain] ?? plain[0]!.toLowerCase() + plain.slice(1)) as OperationName
  test(`the parameter of ${ours}, inc${Number(increasing)}, is spread as that of timm's ${name}`, () => {
    const policy = parseRandAugment(`rand-m9-mstd0.5-inc${Number(increasing)}`)
    const random = new Random(0, name)
    const drawn = Array.from({ length: 20000 }, () => drawParameter(random, ours, policy))
    assertSpread(drawn, parameter, ours)
  })
}

test("repeated samples come in the order of timm's sampler", () => {
  for (const { samples, repeats, order } of fixtures.repeats)
    assert.deepEqual(trainingOrder([...Array(samples).keys()], repeats), order.slice(0, samples))
})

test("RandAugment is read as timm's strings are", () => {
  const defaults = { magnitude: 10, operations: 2, probability: 0.5, deviation: 0, largest: 10, increasing: false }
  assert.deepEqual(parseRandAugment('rand'), defaults)
  assert.deepEqual(parseRandAugment('rand-m9-mstd0.5-inc1'), {
    ...defaults,
    magnitude: 9,
    deviation: 0.5,
    increasing: true,
  })
  assert.deepEqual(parseRandAugment('rand-n3-p1-mmax15-m12-mstd101'), {
    ...{ magnitude: 12, operations: 3, probability: 1, deviation: 101, largest: 15, increasing: false },
  })
  for (const wrong of ['', 'm9', 'augmix-m3', 'rand-x3', 'rand-m', 'rand-m-3', 'rand-n1.5', 'rand-p2', 'rand-tweights'])
    assert.throws(() => parseRandAugment(wrong), { name: 'UserError', message: /rand-m9-mstd0\.5-inc1/ }, wrong)
})

const image = { width: 9, height: 8, data: Uint8Array.from({ length: 9 * 8 * 3 }, (_, i) => (i * 37) % 251) }

test('what is drawn depends on the seed alone, and differs from draw to draw', () => {
  const policies: Augmentation[] = [
    { randAugment: 'rand-m9-n2-mstd0.5-inc1' },
    { threeAugment: true, colourJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3 } },
    { colourJitter: { brightness: 0.4, hue: 0.2 } },
  ]
  for (const policy of policies) {
    const draw = (seed: number) => augmentPixels(new Random(seed), image, policy, [1, 2, 3]).data.join()
    assert.equal(draw(5), draw(5))
    assert.ok(new Set(Array.from({ length: 30 }, (_, seed) => draw(seed))).size > 12)
  }
})

test('three-augment gives grey, solarised and blurred pictures, a third each', () => {
  const random = new Random(0)
  const kinds = Array.from({ length: 3000 }, () => {
    const { data } = threeAugment(random, image)
    if (data.every((byte, i) => byte === data[i - (i % 3)])) return 'grey'
    return data.every((byte, i) => [image.data[i]!, 255 - image.data[i]!].includes(byte)) ? 'solarised' : 'blurred'
  })
  for (const kind of ['grey', 'solarised', 'blurred'])
    assert.ok(Math.abs(kinds.filter((each) => each === kind).length - 1000) < 130, kind)
})

test('colour jitter draws factors around one', () => {
  const grey = { width: 1, height: 1, data: Uint8Array.of(100, 100, 100) }
  const random = new Random(0)
  const values = Array.from({ length: 3000 }, () => colourJitter(random, grey, { brightness: 0.4 }).data[0]!)
  assert.ok(Math.min(...values) >= 60 && Math.min(...values) < 62, `${Math.min(...values)}`)
  assert.ok(Math.max(...values) <= 140 && Math.max(...values) > 138, `${Math.max(...values)}`)
})

test('the fill colour is that which normalising makes zero', () => {
  const base = { crop: { height: 1, width: 1 }, resize: { shortestEdge: 1 }, resample: 'bilinear' as const }
  const imagenet = { ...base, rescaleFactor: 1 / 255, mean: [0.485, 0.456, 0.406], std: [1, 1, 1] } as const
  assert.deepEqual(meanColour({ ...imagenet, mean: [0.485, 0.456, 0.406], std: [1, 1, 1] }), [124, 116, 104])
  assert.deepEqual(
    meanColour({ ...imagenet, mean: [0.485, 0.456, 0.406], std: [1, 1, 1], channelOrder: 'bgr' }),
    [104, 116, 124],
  )
  assert.deepEqual(meanColour({ ...base, rescaleFactor: 1 / 255, mean: [0.5], std: [0.5] }), [128, 128, 128])
})

test('augmentation that cannot be is a user error', () => {
  checkAugmentation({
    cropScale: [0.08, 1],
    flip: 0,
    randAugment: 'rand-m5',
    erasing: { probability: 1, mode: 'rand' },
  })
  const wrong: [Augmentation, RegExp][] = [
    [{ randAugment: 'rand-m9', threeAugment: true }, /choose one/],
    [{ cropScale: [0.5, 0.2] }, /0\.5 to 0\.2/],
    [{ flip: 2 }, /mirroring pictures is 2/],
    [{ erasing: { probability: Number.NaN, mode: 'const' } }, /random erasing is NaN/],
    [{ repeats: 0 }, /repeated 0 times/],
    [{ colourJitter: { hue: 0.6 } }, /hue of colour jitter is 0\.6/],
  ]
  for (const [augmentation, message] of wrong)
    assert.throws(() => checkAugmentation(augmentation), { name: 'UserError', message })
})
