import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { Random } from '../random.js'
import { drawFlower, type FlowerKind, flowerKinds } from './drawings.js'

test('a seed decides the drawing', () => {
  for (const kind of flowerKinds) {
    assert.equal(drawFlower(kind, new Random(3, kind), 96), drawFlower(kind, new Random(3, kind), 96))
    assert.notEqual(drawFlower(kind, new Random(3, kind), 96), drawFlower(kind, new Random(4, kind), 96))
  }
})

test('kinds share the scene and differ in the flower', () => {
  const drawings = flowerKinds.map((kind) => drawFlower(kind, new Random(5), 64))
  assert.equal(new Set(drawings).size, flowerKinds.length)
  assert.equal(new Set(drawings.map((svg) => svg.match(/<defs><.*?<\//)?.[0])).size, 1)
})

test('drawings hold finite numbers, small files and known gradients', () => {
  for (const kind of flowerKinds) {
    for (let seed = 0; seed < 200; seed++) {
      const svg = drawFlower(kind, new Random(seed), 64)
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|null|e-\d/, `${kind} ${seed}`)
      assert.ok(svg.length < 150_000, `${kind} ${seed} takes ${svg.length} characters`)
      for (const [, id] of svg.matchAll(/url\(#(g\d+)\)/g))
        assert.ok(svg.includes(`id="${id}"`), `${kind} ${seed} ${id}`)
    }
  }
})

test('every drawing renders, and its mean colour does not give the kind away', async () => {
  const perKind = 24
  const pictures: { kind: FlowerKind; color: number[] }[] = []
  for (const kind of flowerKinds) {
    for (let i = 0; i < perKind; i++) {
      const svg = drawFlower(kind, new Random(1, kind, i), 32)
      const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
      assert.deepEqual([info.width, info.height], [32, 32])
      pictures.push({ kind, color: [0, 1, 2].map((channel) => mean(data.filter((_, at) => at % 3 === channel))) })
    }
  }
  const right = pictures.filter((picture) => nearestKind(picture.color, pictures, picture) === picture.kind)
  assert.ok(right.length / pictures.length < 0.5, `mean colour alone names ${right.length} of ${pictures.length}`)
})

/** The kind whose mean colour, `left out` aside, is nearest. */
function nearestKind(color: number[], pictures: { kind: FlowerKind; color: number[] }[], leftOut: object): FlowerKind {
  const distance = (kind: FlowerKind) => {
    const others = pictures.filter((picture) => picture.kind === kind && picture !== leftOut)
    return Math.hypot(...color.map((value, channel) => value - mean(others.map((other) => other.color[channel]!))))
  }
  return flowerKinds.reduce((best, kind) => (distance(kind) < distance(best) ? kind : best))
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
}
