import type { Random } from '../random.js'
import { drawBackground } from './drawings/backgrounds.js'
import { daisy, dandelion, type Head, rose, sunflower } from './drawings/heads.js'
import { css, fill, Gradients, num, type Point } from './drawings/paint.js'
import {
  drawGrass,
  drawStem,
  growStem,
  heartLeaves,
  jaggedLeaves,
  type Leaves,
  lanceLeaves,
  roseLeaves,
  type Stem,
  spoonLeaves,
} from './drawings/plants.js'
import { tulip } from './drawings/tulip.js'
import { drawVisitors } from './drawings/visitors.js'

/** The kinds of flower that can be drawn, named as in the photo set of TensorFlow's tutorials. */
export const flowerKinds = ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'] as const

/** One of `flowerKinds`. */
export type FlowerKind = (typeof flowerKinds)[number]

/** How a kind of flower is built; `stem` is its thickness, as a fraction of the head's radius. */
interface Species {
  head: Head
  leaves: Leaves
  stem: number
  /** Seen from the side, so that the head follows its stem; all others are seen from above, and may be turned any way. */
  upright?: boolean
}

const species: Record<FlowerKind, Species> = {
  daisy: { head: daisy, leaves: spoonLeaves, stem: 0.1 },
  dandelion: { head: dandelion, leaves: jaggedLeaves, stem: 0.12 },
  roses: { head: rose, leaves: roseLeaves, stem: 0.13 },
  sunflowers: { head: sunflower, leaves: heartLeaves, stem: 0.15 },
  tulips: { head: tulip, leaves: lanceLeaves, stem: 0.16, upright: true },
}

/** Where a flower's head is, in a drawing of 100 × 100. */
interface Spot extends Point {
  radius: number
}

/**
 * A picture of one to four flowers of a kind, as the text of a square SVG file `size` pixels wide.
 * The kind decides only about the flowers: background, light, grass and guests are drawn from the same lot for all kinds.
 */
export function drawFlower(kind: FlowerKind, random: Random, size: number): string {
  const gradients = new Gradients()
  const shapes = [drawBackground(random, gradients)]
  const visitors = drawVisitors(random)
  if (random.uniform() < 0.5) shapes.push(visitors)
  for (const spot of arrange(random)) shapes.push(drawPlant(species[kind], spot, random, gradients))
  if (shapes[1] !== visitors) shapes.push(visitors)
  if (random.uniform() < 0.5) shapes.push(drawGrass(random, 6 + random.integer(26), random.uniform(12, 55)))
  shapes.push(drawLight(random, gradients))
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">` +
    `${gradients}${shapes.join('')}</svg>`
  )
}

/** Places for one to four heads that hide little of each other, the farthest and smallest first. */
function arrange(random: Random): Spot[] {
  const count = random.pick([1, 1, 1, 1, 2, 2, 3, 4])
  const largest = [38, 28, 24, 20][count - 1]!
  const spots: Spot[] = []
  for (let tries = 0; spots.length < count && tries < 60; tries++) {
    const radius = largest * random.uniform(0.74, 1.1)
    const margin = radius * 0.75
    const spot = { x: random.uniform(margin, 100 - margin), y: random.uniform(margin, 92 - margin), radius }
    if (spots.every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) > 0.85 * (other.radius + radius))) {
      spots.push(spot)
    }
  }
  return spots.sort((a, b) => a.radius - b.radius)
}

function drawPlant({ head, leaves, stem, upright }: Species, spot: Spot, random: Random, gradients: Gradients): string {
  const stalk = growStem(random, spot, spot.radius, stem)
  const seenFromAbove = !upright && random.uniform() < 0.2
  const green = seenFromAbove
    ? ''
    : drawStem(stalk) + (random.uniform() < 0.8 ? leaves(random, stalk, spot.radius) : '')
  const turn = upright ? lean(stalk) : random.uniform(0, 360)
  const [width, height] = [spot.radius / 100, (spot.radius / 100) * random.uniform(upright ? 0.95 : 0.76, 1)]
  const pose = `translate(${num(spot.x)} ${num(spot.y)}) rotate(${num(turn)}) scale(${width.toFixed(4)} ${height.toFixed(4)})`
  return `${green}<g transform="${pose}">${head(random, gradients)}</g>`
}

/** The direction in which a stem ends, in degrees from upright. */
function lean({ head, bend }: Stem): number {
  return (Math.atan2(head.x - bend.x, bend.y - head.y) * 180) / Math.PI
}

/** The light of the day: a tint and a darker rim, so that no colour belongs to one kind alone. */
function drawLight(random: Random, gradients: Gradients): string {
  const tint = css([random.uniform(0, 360), 60, random.uniform(35, 80)])
  const rim = gradients.radial([
    [0.55, [230, 40, 12], 0],
    [1, [230, 40, 12], random.uniform(0, 0.28)],
  ])
  const all = 'M0 0H100V100H0Z'
  return fill(all, tint, `fill-opacity="${num(random.uniform(0, 0.13))}"`) + fill(all, rim)
}
