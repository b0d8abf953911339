import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Random } from '../../random.js'
import { randomFlip, randomResizedCrop } from './crop.js'

type Points = [value: number, share: number][]
interface Fixture {
  height: number
  width: number
  scale: [number, number]
  area: Points
  cropWidth: Points
  top: Points
  left: Points
}
const file = new URL('../../../test/fixtures/random-crops.json', import.meta.url)
const fixtures: Fixture[] = JSON.parse(readFileSync(file, 'utf8'))

for (const { height, width, scale, ...quantities } of fixtures) {
  test(`crops of ${height}×${width} are spread as torchvision's`, () => {
    const random = new Random(0, 'crops')
    const crops = Array.from({ length: 60000 }, () => {
      const crop = randomResizedCrop(random, height, width, { scale })
      return { area: crop.height * crop.width, cropWidth: crop.width, top: crop.top, left: crop.left }
    })
    for (const [name, points] of Object.entries(quantities) as [keyof typeof quantities, Points][]) {
      for (const [value, share] of points) {
        const ours = crops.filter((crop) => crop[name] <= value).length / crops.length
        // Five standard deviations of the difference of two shares, each of 60,000 draws.
        const bound = 5 * Math.sqrt((2 * share * (1 - share)) / crops.length) + 1e-4
        assert.ok(Math.abs(ours - share) < bound, `${name} ≤ ${value}: ${ours} here, ${share} there`)
      }
    }
  })
}

test('a crop lies inside the picture, whatever its size', () => {
  const random = new Random(1)
  for (let i = 0; i < 20000; i++) {
    const height = 1 + random.integer(60)
    const width = 1 + random.integer(60)
    const crop = randomResizedCrop(random, height, width)
    assert.ok(crop.height >= 1 && crop.top >= 0 && crop.top + crop.height <= height, JSON.stringify(crop))
    assert.ok(crop.width >= 1 && crop.left >= 0 && crop.left + crop.width <= width, JSON.stringify(crop))
  }
})

test('where no crop fits, the central part of the nearest aspect is taken', () => {
  const whole = { scale: [1, 1] as [number, number] }
  assert.deepEqual(randomResizedCrop(new Random(0), 30, 1000, whole), { top: 0, left: 480, height: 30, width: 40 })
  assert.deepEqual(randomResizedCrop(new Random(0), 1000, 30, whole), { top: 480, left: 0, height: 40, width: 30 })
})

test('the options bound area and aspect', () => {
  const random = new Random(2)
  for (let i = 0; i < 1000; i++) {
    const { height, width } = randomResizedCrop(random, 500, 500, { scale: [0.25, 0.36], ratio: [1, 1] })
    assert.equal(height, width)
    assert.ok(height >= 250 && height <= 300)
  }
})

test('every second picture is mirrored', () => {
  const random = new Random(3)
  const flips = Array.from({ length: 10000 }, () => randomFlip(random)).filter(Boolean).length
  assert.ok(Math.abs(flips - 5000) < 250, `${flips}`)
})
